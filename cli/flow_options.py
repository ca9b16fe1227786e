"""The options that `gex flows` makes its curve with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex.cli import options, values

if TYPE_CHECKING:
    import datetime as dt


@dataclass(frozen=True)
class FlowOptions:
    """What the curve is made with; dollars and fractions, None for what nobody gave."""

    history: str | None = None
    as_of: dt.date | None = None
    previous_close: float | None = None
    funds: Path | None = None
    created: dict[str, float] = field(default_factory=dict)
    vol_control_aum: float | None = None
    vol_control_target: float = 0.1
    vol_control_cap: float = 1.5
    vol_control_lag: int = 1
    vol_move: float = 0.0
    reach: float = 0.03
    every: float = 30.0

    def __post_init__(self) -> None:
        """Refuse a curve without width, and funds that nobody could run.

        Raises:
            ValueError: Names the option.

        """
        from gex.flows.volatility_control import Rule

        Rule(self.vol_control_target, self.vol_control_cap, lag=self.vol_control_lag)
        if self.vol_control_aum is not None and self.vol_control_aum < 0:
            raise ValueError(f"--vol-control-aum must be dollars, 0 or more; got {self.vol_control_aum:g}")
        if not 0.001 <= self.reach <= 0.5:
            raise ValueError(f"--reach must lie from 0.1% to 50%, got {100 * self.reach:g}%")


def created_of(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
    """Read TICKER=DOLLARS, each ticker once."""
    found: dict[str, float] = {}
    for text in given:
        ticker, equals, amount = (part.strip() for part in text.partition("="))
        if not (ticker and equals) or ticker.upper() in found:
            raise click.BadParameter(f"{text!r} is not TICKER=DOLLARS, each ticker once: SPXL=200mm, SPXU=-1.5bn")
        found[ticker.upper()] = values.dollars_of(_ctx, _param, amount) or 0.0
    return found


flow_options = options.gathered(
    FlowOptions,
    "given",
    click.option(
        "--history",
        metavar="NAME|FILE",
        help="Daily closes of what the curve is of. [default: SOURCE's underlying; SPX]",
    ),
    click.option(
        "--as-of",
        metavar="DATE",
        callback=values.day_of,
        help="Without SOURCE: the evening before the session. [default: the last]",
    ),
    click.option(
        "--previous-close",
        type=click.FloatRange(0, min_open=True),
        metavar="PRICE",
        callback=values.finite,
        help="Close that leveraged funds count the session from. [default: the history's]",
    ),
    click.option(
        "--funds",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="A table of leveraged funds of your own (TOML) in place of the one that comes along.",
    ),
    click.option(
        "--created",
        multiple=True,
        metavar="TICKER=DOLLARS",
        callback=created_of,
        help="Created less redeemed at this close, of one fund: SPXL=200mm. May be repeated.",
    ),
    click.option(
        "--vol-control-aum",
        metavar="DOLLARS",
        callback=values.dollars_of,
        help="Assets that follow volatility control: 200bn. Nobody publishes them, so there is no default.",
    ),
    click.option(
        "--vol-control-target",
        default="10%",
        show_default=True,
        metavar="SHARE",
        callback=values.share_of,
        help="Their volatility a year.",
    ),
    click.option(
        "--vol-control-cap",
        type=click.FloatRange(0, 10, min_open=True),
        default=1.5,
        show_default=True,
        metavar="MULTIPLE",
        help="Their largest exposure.",
    ),
    click.option(
        "--vol-control-lag",
        type=click.IntRange(0, 10),
        default=1,
        show_default=True,
        metavar="SESSIONS",
        help="From the close that decides to the close that trades.",
    ),
    click.option(
        "--vol-move",
        type=click.FloatRange(-100, 100),
        default=0.0,
        show_default=True,
        metavar="POINTS",
        callback=values.finite,
        help="Volatility moves by so many points, for dealers.",
    ),
    click.option(
        "--reach",
        default="3%",
        show_default=True,
        metavar="SHARE",
        callback=values.share_of,
        help="Largest move shown.",
    ),
    click.option(
        "--every",
        type=click.FloatRange(1, 390),
        default=30.0,
        show_default=True,
        metavar="MINUTES",
        callback=values.finite,
        help="Between the times shown.",
    ),
)
