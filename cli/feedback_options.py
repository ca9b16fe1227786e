"""What `gex feedback` is given: how far a dollar moves the price, and how a day is simulated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

from gex.cli import options, values

if TYPE_CHECKING:
    from gex.flows.impact import LinearImpact, SquareRootImpact

Law = Literal["kyle", "square-root"]
MILLION = 1e6


@dataclass(frozen=True)
class ImpactOptions:
    """How far a dollar moves the price; None for what nobody gave."""

    impact: float | None
    adv: float | None
    daily_volatility: float | None
    law: Law
    prefactor: float
    reach: float

    def __post_init__(self) -> None:
        """Refuse half of a law, and two of them.

        Raises:
            ValueError: Says what to give.

        """
        if self.impact is not None and self.adv is not None:
            raise ValueError("--impact is the law already: give it, or --adv with --daily-volatility")
        if self.adv is not None and not self.adv > 0:
            raise ValueError(f"--adv must be above 0, got {self.adv:g}")
        if self.adv is not None and self.daily_volatility is None:
            raise ValueError("--adv needs --daily-volatility: 1% for a standard deviation of 1% a day")
        if self.daily_volatility == 0:
            raise ValueError("--daily-volatility must be above 0")
        if not self._of_a_million <= 1.0:
            raise ValueError("$1mm would move the price by over 100%: see the units of --impact, --adv and --prefactor")
        if not 0.001 <= self.reach <= 0.5:
            raise ValueError(f"--reach must lie from 0.1% to 50%, got {100 * self.reach:g}%")

    @property
    def _of_a_million(self) -> float:
        """How far that moves the price; 0 where nothing was given."""
        from gex.flows.impact import SquareRootImpact

        law = self.of_market
        linear = law.linear_at(MILLION) if isinstance(law, SquareRootImpact) else law
        return MILLION * linear.per_usd if linear else 0.0

    @property
    def of_market(self) -> LinearImpact | SquareRootImpact | None:
        """The law; None where nothing was given."""
        from gex.flows.impact import LinearImpact, SquareRootImpact, kyle_impact

        if self.impact is not None:
            return LinearImpact(self.impact)
        if self.adv is None or self.daily_volatility is None:
            return None
        make = SquareRootImpact if self.law == "square-root" else kyle_impact
        return make(self.adv, self.daily_volatility, self.prefactor)


@dataclass(frozen=True)
class DayOptions:
    """How the rest of the session is simulated."""

    day: bool
    seed: int
    sessions: int
    step: float
    late: bool
    previous_close: float | None
    funds: Path | None


def some_share(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Read a share that may be left out."""
    return None if value is None else values.share_of(ctx, param, value)


impact_options = options.gathered(
    ImpactOptions,
    "given",
    options.setting(
        "--impact",
        type=click.FloatRange(0, min_open=True),
        metavar="RETURN",
        callback=values.finite,
        help="Return that $1 of net buying causes: 1e-12 is 1% for $10bn. In place of --adv.",
    ),
    options.setting(
        "--adv",
        metavar="DOLLARS",
        callback=values.dollars_of,
        help="Average daily volume of all that hedgers trade in, shares and futures: 500bn.",
    ),
    options.setting(
        "--daily-volatility",
        metavar="SHARE",
        callback=some_share,
        help="Standard deviation of a day's return without feedback: 1%.",
    ),
    options.setting(
        "--law",
        type=click.Choice(get_args(Law)),
        default="kyle",
        show_default=True,
        help="Of --adv: every dollar alike, a day's volume moving the price a day's volatility, or by the square root.",
    ),
    options.setting(
        "--prefactor",
        type=click.FloatRange(0, min_open=True),
        default=1.0,
        show_default=True,
        metavar="Y",
        callback=values.finite,
        help="Of --adv: multiplies the impact.",
    ),
    click.option(
        "--reach",
        default="10%",
        show_default=True,
        metavar="SHARE",
        callback=values.share_of,
        help="How far from spot prices that break away are looked for.",
    ),
)
day_options = options.gathered(
    DayOptions,
    "simulated",
    click.option("--day", is_flag=True, help="Simulate the rest of the session, with and without feedback."),
    click.option(
        "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of --day: of the noise."
    ),
    click.option(
        "--sessions",
        type=click.IntRange(1, 20_000),
        default=500,
        show_default=True,
        help="Of --day: how many the statistics are of; the first is shown.",
    ),
    click.option(
        "--step",
        type=click.FloatRange(1, 60),
        default=5.0,
        show_default=True,
        metavar="MINUTES",
        callback=values.finite,
        help="Of --day: between prices.",
    ),
    click.option("--late", is_flag=True, help="Of --day: hedgers trade one step late, else at once."),
    click.option(
        "--previous-close",
        type=click.FloatRange(0, min_open=True),
        metavar="PRICE",
        callback=values.finite,
        help="Of --day: close that leveraged funds count from. [default: the history's]",
    ),
    click.option(
        "--funds",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Of --day: a table of leveraged funds of your own (TOML).",
    ),
)
