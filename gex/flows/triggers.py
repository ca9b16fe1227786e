"""The price at which a trend follower's rule turns, in closed form: at the next close, or after days of a flat price.

Every rule here is linear in the price P that the index closes at on each of the next h sessions: fast less slow is
`slope * P + offset` with a slope above zero, so the rule turns at P* = -offset / slope, long above it and short below.
With l = 2 / (n + 1), q = 1 - l, and S(n) the sum of the last n closes:

    averages f x s   slope = min(h, f) / f - min(h, s) / s,  offset = S(f - h) / f - S(s - h) / s
    EMA a x b        slope = q_b^h - q_a^h,                  offset = q_a^h E_a - q_b^h E_b
    momentum k       slope = 1,                              offset = -P(t + h - k)

A price against its average is the same with a fast average of one session. No rule turns on a path longer than its
slow window: it has no trigger there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from gex.signals.averages import LONGEST, as_series, ema

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gex.quotes import Floats

Kind = Literal["ema", "sma", "momentum"]
FLAT_PATHS = (5, 10, 21)
"""Sessions of a flat price: one week, two, a month."""
REACH = 0.10
"""A trigger further than this from the close is not reached in a day: the paths tell more."""
SEED = 3.0
"""Spans after which an exponential average has forgotten where it began: exp(-6) of it is left."""
WRITTEN = re.compile(r"(?P<kind>ema|sma|momentum):(?P<fast>\d+)(?:/(?P<slow>\d+))?")


@dataclass(frozen=True)
class Rule:
    """A fast average against a slow one, the price being an average of one session; or the price against an old one."""

    kind: Kind
    fast: int
    slow: int

    def __post_init__(self) -> None:
        """Refuse what never turns."""
        if not 1 <= self.fast < self.slow <= LONGEST or (self.kind == "momentum" and self.fast != 1):
            raise ValueError(f"{self.name}: sessions must be from 2 to {LONGEST}, the fast average's the fewer")

    @classmethod
    def read(cls, text: str) -> Rule:
        """Read `ema:38`, `sma:20/120` or `momentum:252`.

        Raises:
            ValueError: It is no such rule.

        """
        found = WRITTEN.fullmatch(text.strip().lower())
        if found is None or (found["kind"] == "momentum" and found["slow"]):
            raise ValueError(f"{text!r} is no rule; write ema:38, ema:8/24, sma:200, sma:20/120 or momentum:252")
        first, second = int(found["fast"]), found["slow"]
        kind: Kind = "ema" if found["kind"] == "ema" else "sma" if found["kind"] == "sma" else "momentum"
        return cls(kind, first, int(second)) if second else cls(kind, 1, first)

    @property
    def name(self) -> str:
        """As it is written."""
        return f"{self.kind}:{self.slow}" if self.fast == 1 else f"{self.kind}:{self.fast}/{self.slow}"

    @property
    def needed(self) -> int:
        """How many closes it takes."""
        if self.kind == "ema":
            return int(SEED * self.slow)
        return self.slow + (self.kind == "momentum")


RULES = tuple(
    Rule.read(text)
    for text in (
        *("ema:38", "ema:121", "ema:345", "sma:20", "sma:50", "sma:100", "sma:200"),
        *("momentum:21", "momentum:63", "momentum:126", "momentum:252"),
        *("ema:8/24", "ema:16/48", "ema:32/96", "sma:20/120"),
    )
)


@dataclass(frozen=True)
class Trigger:
    """Where one rule turns.

    Attributes:
        rule: Which.
        state: 1 long, -1 short, 0 neither, after the last close.
        next_close: The close at which it turns on the next session, points; it may be out of reach, even negative.
        in_reach: Whether that is within 10% of the last close.
        flat: By sessions h, the price that turns it if the index closes there h times; NaN where no price does.

    """

    rule: Rule
    state: int
    next_close: float
    in_reach: bool
    flat: dict[int, float]


def triggers(
    closes: npt.ArrayLike, rules: Sequence[Rule] = RULES, sessions: Sequence[int] = FLAT_PATHS
) -> tuple[Trigger, ...]:
    """Find where rules turn after the last close.

    Args:
        closes: Prices, oldest first, all positive; shape (days,).
        rules: Which.
        sessions: Lengths of flat paths.

    Raises:
        ValueError: A price is not positive, or there are fewer than a rule needs.

    """
    prices = positive(closes)
    return tuple(_trigger(prices, rule, sessions) for rule in rules)


def lines(closes: Floats, rule: Rule, sessions: Sequence[int]) -> list[tuple[float, float]]:
    """Return slope and offset of a rule after h closes at one price P, for each h: long where slope P + offset > 0.

    Args:
        closes: So far, oldest first; shape (days,).
        rule: Which.
        sessions: Numbers h of closes; after 0 the slope is 0 and the offset says how the rule stands.

    Raises:
        ValueError: There are fewer closes than the rule needs.

    """
    if len(closes) < rule.needed:
        raise ValueError(f"{rule.name} needs {rule.needed} closes, got {len(closes)}")
    if rule.kind == "ema":
        ends = [float(ema(closes, span)[-1]) for span in (rule.fast, rule.slow)]
        return [_of_ema(rule, ends, each) for each in sessions]
    return [(_of_sma if rule.kind == "sma" else _of_momentum)(closes, rule, each) for each in sessions]


def trigger_price(closes: Floats, rule: Rule, sessions: int = 1) -> float:
    """Return the price that turns a rule after so many closes at it, NaN where none does; arguments as for `lines`."""
    return _turn(*lines(closes, rule, [sessions])[0])


def _turn(slope: float, offset: float) -> float:
    return -offset / slope if slope > 0.0 else float("nan")


def _of_ema(rule: Rule, ends: Sequence[float], sessions: int) -> tuple[float, float]:
    fast, slow = ((1.0 - 2.0 / (span + 1.0)) ** sessions for span in (rule.fast, rule.slow))
    return slow - fast, fast * ends[0] - slow * ends[1]


def _of_sma(closes: Floats, rule: Rule, sessions: int) -> tuple[float, float]:
    fast, slow = (_sum(closes, span - sessions) / span for span in (rule.fast, rule.slow))
    return min(sessions, rule.fast) / rule.fast - min(sessions, rule.slow) / rule.slow, fast - slow


def _of_momentum(closes: Floats, rule: Rule, sessions: int) -> tuple[float, float]:
    if sessions == 0:
        return 0.0, float(closes[-1] - closes[-1 - rule.slow])
    # Beyond its window the path is held against itself.
    return (1.0, -float(closes[-1 - rule.slow + sessions])) if sessions <= rule.slow else (0.0, 0.0)


def positive(closes: npt.ArrayLike) -> Floats:
    """Return prices as an array.

    Raises:
        TypeError: They are no numbers.
        ValueError: One is missing, zero, negative or infinite, or they are not one-dimensional.

    """
    prices = as_series(closes, "closes")
    wrong = ~((prices > 0.0) & (prices < np.inf))
    if wrong.any():
        raise ValueError(f"closes must be positive prices, got {prices[wrong][0]} in row {int(np.argmax(wrong))}")
    return prices


def _trigger(prices: Floats, rule: Rule, sessions: Sequence[int]) -> Trigger:
    (_, now), following, *paths = lines(prices, rule, (0, 1, *sessions))
    price, flat = _turn(*following), {each: _turn(*path) for each, path in zip(sessions, paths, strict=True)}
    return Trigger(rule, int(np.sign(now)), price, bool(abs(price / prices[-1] - 1.0) <= REACH), flat)


def _sum(closes: Floats, count: int) -> float:
    return float(closes[len(closes) - count :].sum()) if count > 0 else 0.0
