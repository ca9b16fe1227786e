"""`gex regime`: the volatility regime of an evening, and what the next close would have to do to change it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

import click

from gex.cli import options, sink, values
from gex.cli.failures import DONE, MISSING
from gex.cli.histories import HistoryOptions, history_options, load
from gex.cli.log import LOGGER

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from gex.cli.histories import Histories
    from gex.cli.options import Format, OutputOptions
    from gex.signals.regime import Regime, Rules

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet", "svg", "png")
Table = Literal["readings", "series"]


@dataclass(frozen=True)
class RuleOptions:
    """Thresholds as given."""

    vix_bands: tuple[float, ...]
    vvix_above: float
    vvix_closes: int
    cooldown: int
    credit_bp: float
    stale_after: int

    def rules(self) -> Rules:
        """Return them as the library takes them."""
        from gex.signals.regime import Rules

        return Rules(
            vix_edges=self.vix_bands,
            vvix_above=self.vvix_above,
            vvix_closes=self.vvix_closes,
            vvix_cooldown=self.cooldown,
            credit_bp=self.credit_bp,
            stale_after=self.stale_after,
        )


def edges_of(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[float, ...]:
    """Read where bands meet: three numbers going up.

    Raises:
        click.BadParameter: They are not.

    """
    try:
        edges = tuple(float(part) for part in value.split(","))
    except ValueError:
        edges = ()
    if len(edges) != 3 or not 0 < edges[0] < edges[1] < edges[2] < float("inf"):
        raise click.BadParameter(f"{value!r} are not three numbers going up, such as 20,24,45")
    return edges


def finite_of(_ctx: click.Context, _param: click.Parameter, value: float) -> float:
    """Refuse nan and inf, of which a range says nothing.

    Raises:
        click.BadParameter: It is one of them.

    """
    if not isfinite(value):
        raise click.BadParameter(f"{value} is no number to hold figures against")
    return value


rule_options = options.gathered(
    RuleOptions,
    "thresholds",
    click.option(
        "--vix-bands",
        default="20,24,45",
        show_default=True,
        metavar="A,B,C",
        callback=edges_of,
        help="VIX from which it is raised, stress and extreme; below, normal.",
    ),
    click.option(
        "--vvix-above",
        type=click.FloatRange(0),
        default=110.0,
        show_default=True,
        metavar="POINTS",
        callback=finite_of,
        help="VVIX has to close above it.",
    ),
    click.option(
        "--vvix-closes",
        type=click.IntRange(1),
        default=5,
        show_default=True,
        metavar="N",
        help="Closes in a row that confirm.",
    ),
    click.option(
        "--cooldown",
        type=click.IntRange(0),
        default=5,
        show_default=True,
        metavar="N",
        help="Closes at or below, after it was confirmed, until it is off.",
    ),
    click.option(
        "--credit-bp",
        type=click.FloatRange(0),
        default=50.0,
        show_default=True,
        metavar="BP",
        callback=finite_of,
        help="Widening of the high-yield spread in 21 values that is called stress.",
    ),
    click.option(
        "--stale-after",
        type=click.IntRange(0),
        default=3,
        show_default=True,
        metavar="DAYS",
        help="Weekdays that a figure may be older than the evening.",
    ),
)


@click.command("regime", short_help="Tell the volatility regime, and which close would change it.")
@history_options
@click.option(
    "--as-of",
    metavar="DATE",
    callback=values.day_of,
    help="The evening; nothing later is read. [default: the last date there is]",
)
@rule_options
@click.option("--complete", is_flag=True, help="Exit with 6 if any figure is missing or stale, not only if all are.")
@options.output_options(*FORMATS)
@click.option(
    "--table",
    type=click.Choice(["readings", "series"]),
    default="readings",
    show_default=True,
    help="Which table csv and parquet hold: the evening's figures, or all of them day by day.",
)
@options.logging_options
def command(
    where: HistoryOptions,
    as_of: dt.date | None,
    thresholds: RuleOptions,
    complete: bool,
    output: OutputOptions,
    table: Table,
) -> int:
    """Tell the regime of an evening: VIX band, VVIX persistence, term structure, variance premium, credit speed.

    Each with its state, since when, its percentile among the days before, and the levels of the next close that would
    change it. Reads SPX, VIX, VVIX, VIX9D, VIX3M and BAMLH0A0HYM2; what is missing costs what needs it.
    """
    form = sink.format_of(output, FORMATS)
    histories, rules = load(where), thresholds.rules()
    found = regime_of(histories, as_of, rules)
    sink.emit(_chunks(found, histories, rules, form, output, table), output.output)
    lacking = [reading for reading in found.readings if not reading.current]
    if len(lacking) == len(found.readings):
        LOGGER.error("nothing of %s: every figure is missing or stale", found.as_of)
    return MISSING if len(lacking) == len(found.readings) or (complete and lacking) else DONE


def regime_of(histories: Histories, as_of: dt.date | None, rules: Rules) -> Regime:
    """Return the regime of an evening, the last date in the histories it needs if none is given.

    Raises:
        MissingError: None of them is there.
        ChainError: One cannot be read.

    """
    from gex.ingest.errors import MissingError
    from gex.signals.regime import INPUTS, regime

    known = {name: histories[name] for name in INPUTS if name in histories}
    if not known:
        raise MissingError(
            f"none of {', '.join(INPUTS)} among the histories; give --histories DIR or --series VIX=FILE"
        )
    return regime(known, as_of or max(history.frame["date"][-1] for history in known.values()), rules)


def _chunks(
    found: Regime, histories: Histories, rules: Rules, form: Format, output: OutputOptions, table: Table
) -> Iterator[str | bytes]:
    from gex.cli.render import regime_document as render
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.terminal import Terminal, detect

    if form == "table":
        from gex.cli.render.regime_screen import screen

        yield screen(found, rules, detect(output.color) if output.output is None else Terminal())
    elif form in {"svg", "png"}:
        from gex.cli.render.regime_picture import picture

        yield picture(found, rules, form)
    elif form == "json":
        yield dumps(jsonable(render.document(found, rules, histories))) + "\n"
    elif form == "jsonl":
        yield from (dumps(jsonable(row), indent=None) + "\n" for row in render.readings(found))
    else:
        yield sink.table_chunk(found.series if table == "series" else render.frame(found), form)
