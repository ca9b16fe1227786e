"""The variance risk premium: what options ask for the month ahead over what the month behind has delivered.

VIX^2 - RV^2, both in percent squared a year: VIX 20 and 15% realized make 400 - 225 = 175. RV is about zero, as variance
swaps settle, over 21 returns: the month behind stands for the month ahead, so that a day's premium uses nothing later
(Bollerslev, Tauchen and Zhou, Review of Financial Studies 22, 2009, with squared daily returns for intraday ones).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.signals.realized import TRADING_DAYS, close_close, log_returns
from gex.signals.signal import Signal
from gex.signals.states import Change, States, common_days, finite_codes, states_of

if TYPE_CHECKING:
    from gex.ingest.daily_schema import DailyHistory
    from gex.quotes import Floats

NAMES = ("negative", "positive")
PERCENT = 100.0
UNIT = "%² a year"


def variance_premium(implied: DailyHistory, prices: DailyHistory, window: int = 21) -> States:
    """Return implied^2 - realized^2 of the days that both have.

    Args:
        implied: An index of implied volatility, points (VIX).
        prices: What it is on (SPX).
        window: How many returns make the realized variance.

    Raises:
        ValueError: The window is under one return.

    """
    days, others = common_days(implied.dates, prices.dates)
    realized = PERCENT * close_close(prices.column(), window, centred=False)
    points, behind = implied.column()[days], realized[others]
    premium = points**2 - behind**2
    definition = (
        f"{implied.name}² − RV{window}², RV{window} the root mean square of {prices.name}'s last {window} log returns"
    )
    signal = Signal("variance_premium", definition, UNIT, implied.dates[days], premium)
    codes = finite_codes(premium, (premium > 0).astype(np.int64))
    changes: tuple[Change, ...] = ()
    if len(codes) and codes[-1] >= 0:
        closes = prices.column()[: others[-1] + 1]
        names = implied.name, prices.name
        changes = _changes(names, float(points[-1]), closes, window, positive=bool(codes[-1]))
    return states_of(signal, NAMES, codes, changes)


def _changes(
    names: tuple[str, str], points: float, closes: Floats, window: int, *, positive: bool
) -> tuple[Change, ...]:
    """Say what would turn the sign, from the returns that the next window keeps and the one that it gains.

    Args:
        names: Of the index and of what it is on.
        points: The index now.
        closes: Of what it is on, up to now.
        window: How many returns make the variance.
        positive: The premium is above zero now.

    """
    implied, prices = names
    kept, each = log_returns(closes)[len(closes) - window + 1 :], PERCENT**2 * TRADING_DAYS / window
    still = each * float(kept @ kept)
    """The next realized variance if prices stand still: never above today's."""
    unchanged = f"{prices} unchanged"
    if not positive:
        return (Change("positive", implied, "above", still**0.5, "points", unchanged),)
    move = np.sqrt((points**2 - still) / each)
    down, up = (float(closes[-1] * np.exp(sign * move)) for sign in (-1, 1))
    return (
        Change("negative", implied, "at_or_below", still**0.5, "points", unchanged),
        Change("negative", prices, "at_or_below", down, "points", f"{implied} as it is"),
        Change("negative", prices, "at_or_above", up, "points", f"{implied} as it is"),
    )
