"""The options that commands share, and the typed groups they arrive in.

A setting can also stand in the environment (`GEX_VOL`) or in a configuration file (`vol = "vendor"`). What
belongs to one file and one moment (`--spot`, `--quote-time`, `--output`) can't: forgotten there, it would
falsify the next report in silence.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import click

from gex.cli import log, values
from gex.ingest.errors import MissingError
from gex.settings import EmulationName, Exercise, PositionsModel, Settings, VolatilitySource, VolDynamics

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    Command = TypeVar("Command", bound=Callable[..., Any])
    Decorator = Callable[[Command], Command]

Format = Literal["table", "json", "jsonl", "csv", "parquet", "xlsx", "svg", "png"]
Table = Literal["levels", "by_strike", "by_expiration"]
Color = Literal["auto", "always", "never"]
ExecutorName = Literal["serial", "threads", "processes", "dask"]

SETTINGS: dict[str, click.Option] = {}
"""Every option that may also come from the environment or a file, by name."""


@dataclass(frozen=True)
class ReadOptions:
    """How sources are found and read."""

    quote_time: dt.datetime | None
    underlying: str | None
    snapshot: str | None
    beside: tuple[str, ...]
    columns: dict[str, str]
    delay: float | None
    iv_unit: Literal["decimal", "percent"] | None
    store: Path | None
    strict: bool
    max_bad: float


@dataclass(frozen=True)
class OutputOptions:
    """Where results go and in what form; `format` None means by the suffix of `output`, else a table."""

    format: Format | None
    output: Path | None
    color: Color


@dataclass(frozen=True)
class MergeOptions:
    """Whether sources are merged into one book; `max_apart` in hours."""

    merge: bool
    max_apart: float | None

    def __post_init__(self) -> None:
        """Refuse a limit to what is not done."""
        if self.max_apart is not None and not self.merge:
            raise ValueError("--max-apart says how far apart merged sources may be: give --merge too")


@dataclass(frozen=True)
class ExecutionOptions:
    """How jobs are run; None where the number of them decides."""

    executor: ExecutorName | None = None
    jobs: int | None = None
    scheduler: str | None = None
    timeout: float | None = None

    def __post_init__(self) -> None:
        """Refuse a limit that nobody would keep."""
        executor = self.executor or ("dask" if self.scheduler else "processes")
        if self.timeout is not None and executor != "processes":
            raise ValueError(f"--timeout kills a worker process; --executor {executor} has none to kill")


def setting(*names: str, **attributes: Any) -> Decorator[Any]:
    """Declare an option that may also come from `GEX_NAME` or from a configuration file."""
    name = max(names, key=len).removeprefix("--").replace("-", "_")
    attributes["envvar"] = f"GEX_{name.upper()}"
    # For `gex config show`: the same option, its value as written.
    SETTINGS[name] = click.Option(names, **(attributes | {"callback": None, "expose_value": True, "is_eager": False}))
    return click.option(*names, **attributes)


def gathered(kind: type[Any], keyword: str, *decorators: Decorator[Any]) -> Decorator[Any]:
    """Declare options and hand their values to the command as one `kind`, under `keyword`."""
    names = [field.name for field in fields(kind)]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def wrapper(*args: Any, **values: Any) -> Any:
            group = {name: values.pop(name) for name in names if name in values}
            try:
                values[keyword] = kind(**group)
            except ValueError as error:
                raise click.UsageError(str(error)) from error
            return command(*args, **values)

        for decorator in reversed(decorators):
            wrapper = decorator(wrapper)
        return wrapper

    return decorate


def needed_store(store: Path | None) -> Path:
    """Return the store's folder, which somebody must have named and which must be there.

    Raises:
        click.UsageError: None was named.
        MissingError: There is no such folder.

    """
    if store is None:
        raise click.UsageError("no store named; give --store DIR, or set GEX_STORE")
    if not store.is_dir():
        raise MissingError("there is no such store; gex ingest makes one", source=str(store))
    return store


def set_logging(ctx: click.Context, _param: click.Parameter, _value: object) -> None:
    """Set up messages from what the group and the command say together."""
    seen = ctx.find_root().meta.setdefault("gex.log", {"verbose": 0, "quiet": False, "log_format": "text"})
    seen.update({_param.name: _value} if _value else {})
    verbosity = -1 if seen["quiet"] else seen["verbose"]
    log.configure(verbosity, json_lines=seen["log_format"] == "json")


def logging_options(command: Any) -> Any:
    """Add -v, --quiet and --log-format, before or after the command's name."""
    hidden: dict[str, Any] = {"expose_value": False, "is_eager": True, "callback": set_logging}
    for decorator in (
        setting("--log-format", type=click.Choice(["text", "json"]), help="Form of the messages on stderr.", **hidden),
        click.option("-q", "--quiet", is_flag=True, help="Errors only.", **hidden),
        click.option("-v", "--verbose", count=True, help="More messages; -vv with details.", **hidden),
    ):
        command = decorator(command)
    return command


store_option = setting(
    "--store", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Store to find snapshots in."
)

read_options = gathered(
    ReadOptions,
    "read",
    click.option(
        "--quote-time",
        metavar="TIME",
        callback=values.new_york_time,
        help="When the quotes were made; New York if no zone.",
    ),
    click.option("--underlying", metavar="SYMBOL", help="What the options are on, where the source doesn't say."),
    click.option("--snapshot", metavar="WHICH", help="Of several in a source: its New York time, or 1545 or eod."),
    click.option(
        "--with",
        "beside",
        multiple=True,
        metavar="FILE",
        help="A file that completes the source: open interest or definitions beside quotes. May be repeated.",
    ),
    click.option(
        "--map",
        "columns",
        multiple=True,
        metavar="NAME=COLUMN,...",
        callback=values.columns_of,
        help="What the columns of a CSV of no known format are: strike=K,bid=Bid,root==SPXW (a value). May be repeated.",
    ),
    setting("--delay", type=click.FloatRange(0), metavar="MINUTES", help="Age of the quotes at the source's time."),
    setting("--iv-unit", type=click.Choice(["decimal", "percent"]), help="Unit of the source's volatility."),
    store_option,
    setting("--strict", is_flag=True, help="Fail on any row that has to be set aside as bad."),
    setting(
        "--max-bad",
        default="20%",
        show_default=True,
        metavar="SHARE",
        callback=values.share_of,
        help="Fail beyond this share of bad rows.",
    ),
)

emulate_option = click.option(
    "--emulate",
    multiple=True,
    type=click.Choice(get_args(EmulationName)),
    help="What this program prints for the same file, faults included. May be repeated.",
)

model_options = gathered(
    Settings,
    "settings",
    setting(
        "--positions",
        metavar="|".join((*get_args(PositionsModel), "FILE")),
        callback=values.positions_of,
        help="What dealers hold, or a file of your own book. [default: naive; short-all for stocks]",
    ),
    setting(
        "--vol",
        type=click.Choice(get_args(VolatilitySource)),
        default="reimplied",
        show_default=True,
        help="Where volatility comes from.",
    ),
    setting(
        "--zero-dte-volume",
        metavar="SHARE",
        default="0",
        callback=values.share_of,
        help="Share of today's volume, in place of open interest, in what dealers hold of 0DTE.",
    ),
    click.option(
        "--signed-volume",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False),
        callback=values.signed_volume_of,
        help="What dealers bought and sold today, a file like those of --positions, to add a share of.",
    ),
    setting(
        "--signed-share",
        metavar="SHARE",
        default="43%",
        show_default=True,
        callback=values.share_of,
        help="Share of --signed-volume that is added to what dealers hold.",
    ),
    setting(
        "--scale",
        type=click.FloatRange(0, min_open=True),
        default=1.0,
        metavar="MULTIPLE",
        help="Dealers hold this multiple of what --positions says.",
    ),
    setting(
        "--dynamics",
        type=click.Choice(get_args(VolDynamics)),
        default="sticky-strike",
        show_default=True,
        help="How volatility moves with spot.",
    ),
    setting(
        "--vol-beta",
        type=float,
        default=-4.0,
        show_default=True,
        metavar="BETA",
        help="Of --dynamics vol-beta: d ln(sigma) / d ln(spot).",
    ),
    setting(
        "--curve",
        metavar="RATE|FILE",
        default="4%",
        show_default=True,
        callback=values.curve_of,
        help="Discount rate, or a file: tenors and rates, the Treasury's par yields, FRED's.",
    ),
    setting("--rate", metavar="RATE", callback=values.rate_of, help="With --dividend: fixed carry, no parity."),
    setting("--dividend", metavar="RATE", callback=values.rate_of, help="With --rate: the dividend yield."),
    setting(
        "--exercise",
        type=click.Choice(get_args(Exercise)),
        default="auto",
        show_default=True,
        help="Early exercise of American contracts: beyond 7 days, or never.",
    ),
    setting(
        "--expirations",
        default="all",
        show_default=True,
        metavar="WHICH",
        callback=values.expirations_of,
        help="all, 0dte, next, a date or days (7d).",
    ),
    setting(
        "--band",
        metavar="WHICH",
        default="all",
        show_default=True,
        callback=values.conventions_of,
        help="Conventions that the levels' bands vary: all, none, or names and commas.",
    ),
    click.option("--spot", type=float, metavar="PRICE", help="Price of the underlying at quote time."),
    click.option("--at", metavar="TIME", callback=values.new_york_time, help="Evaluate at this time instead."),
    click.option("--move-to", type=float, metavar="PRICE", help="Re-price with the underlying here."),
)

merge_options = gathered(
    MergeOptions,
    "merging",
    click.option(
        "--merge", is_flag=True, help="One book of all sources, in points of the first: SPX with SPY and XSP."
    ),
    click.option(
        "--max-apart",
        type=click.FloatRange(0),
        metavar="HOURS",
        help="Of --merge: how far apart quotes may be. [default: 1, on one date]",
    ),
)

color_option = setting(
    "--color",
    type=click.Choice(get_args(Color)),
    default="auto",
    show_default=True,
    help="Colours; auto heeds NO_COLOR and FORCE_COLOR.",
)


def output_options(*formats: Format) -> Decorator[Any]:
    """Return the options for results, in the forms a command can write."""
    return gathered(
        OutputOptions,
        "output",
        click.option("--format", type=click.Choice(formats), help="[default: by the suffix of --output, else table]"),
        click.option(
            "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write here."
        ),
        color_option,
    )


execution_options = gathered(
    ExecutionOptions,
    "execution",
    setting(
        "--executor",
        type=click.Choice(get_args(ExecutorName)),
        help="What runs the jobs. [default: serial; processes beyond 100 jobs, or with --jobs]",
    ),
    setting(
        "--jobs", "-j", type=click.IntRange(1), metavar="N", help="Number of workers here. [default: one for each core]"
    ),
    setting(
        "--scheduler",
        metavar="ADDRESS",
        help="Dask scheduler of a cluster, tcp://host:8786; without, --executor dask starts workers here.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        help="Kill the worker process of a job that takes longer; twice, and the job is lost.",
    ),
)

results_option = setting(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder where results are kept.",
)
histories_option = setting(
    "--histories",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of daily histories: CSV of Cboe's, FRED's or your own, or Parquet.",
)
base_url_option = setting(
    "--base-url",
    metavar="URL",
    default="https://cdn.cboe.com/api/global",
    show_default=True,
    help="Where `gex fetch` finds the feed: Cboe's, or a mirror of it.",
)
report_form = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", help="Form of the answer."
)
detail_option = setting("--detail", is_flag=True, help="Add by_strike to JSON.")
table_option = setting(
    "--table",
    type=click.Choice(get_args(Table)),
    default="levels",
    show_default=True,
    help="Which table csv and parquet hold.",
)
sources_argument = click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
