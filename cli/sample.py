"""`gex sample`: a made-up chain with known levels, a series of daily ones, or daily histories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from gex.cli import options, sink

if TYPE_CHECKING:
    from gex.ingest.sample import Sample

    Symbol = Literal["SPX", "QQQ"]


@click.command("sample")
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path), metavar="FILE|DIR", help="Where to write."
)
@click.option("--symbol", type=click.Choice(["SPX", "QQQ"]), default="SPX", show_default=True, help="What to imitate.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed, the same bytes.")
@click.option("--days", type=click.IntRange(1), help="A series: one chain a session, into a directory.")
@click.option(
    "--histories",
    "years",
    type=click.IntRange(1, 30),
    metavar="YEARS",
    help="Daily histories up to the close before the chain, into a directory: the price, VIX9D, VIX, VIX3M, VVIX, a "
    "credit spread.",
)
@click.option("--unrounded", is_flag=True, help="Quotes about exact prices, in place of ticks (parquet keeps them).")
@click.option("--bad-rows", type=click.IntRange(0), default=0, help="Add rows that a reader must set aside.")
@click.option(
    "--size", type=click.Choice(["full", "small"]), default="full", show_default=True, help="How many strikes."
)
@click.option("--format", "form", type=click.Choice(["csv", "parquet"]), help="[default: by the suffix, else csv]")
@click.option("--truth", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="True levels as JSON.")
@click.option(
    "--curve-to",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The rates behind it, for --curve.",
)
@options.logging_options
def command(
    target: Path,
    symbol: Symbol,
    seed: int,
    days: int | None,
    years: int | None,
    unrounded: bool,
    bad_rows: int,
    size: Literal["full", "small"],
    form: Literal["csv", "parquet"] | None,
    truth: Path | None,
    curve_to: Path | None,
) -> None:
    """Write a made-up option chain and print its true levels.

    A CSV is laid out as Cboe's quote table; parquet is the chain table, with exact quotes where --unrounded. With
    --days N the target is a directory of N daily chains, in which spot moves, contracts expire and are listed; with
    --histories, of daily files as Cboe and FRED have them.
    """
    from gex.ingest.sample import generate, generate_days

    if years:
        if days or bad_rows or unrounded or truth or form == "parquet" or curve_to:
            raise click.UsageError("--histories goes with --to, --symbol and --seed alone")
        _write_histories(target, symbol, years, seed)
        return
    if days and bad_rows:
        raise click.UsageError("--bad-rows goes into one chain, not into a series")
    if days:
        samples = generate_days(symbol, days, seed, rounded=not unrounded, size=size)
    else:
        samples = iter([generate(symbol, seed=seed, rounded=not unrounded, bad_rows=bad_rows, size=size)])
    truths = [_write(sample, _path(sample, target, form, series=days is not None)) for sample in samples]
    if truth is not None:
        from gex.cli.render.document import dumps, jsonable

        sink.write_text(truth, dumps(jsonable(truths if days else truths[0])) + "\n")
    if curve_to is not None:
        points = zip(truths[0]["curve"]["years"], truths[0]["curve"]["rates"], strict=True)
        sink.write_text(curve_to, "years,rate\n" + "".join(f"{years!r},{rate!r}\n" for years, rate in points))


def _write_histories(folder: Path, symbol: Symbol, years: int, seed: int) -> None:
    """Write histories that end where the chain of the same seed began its day."""
    from gex.ingest.calendar import previous_session
    from gex.ingest.sample import generate
    from gex.ingest.sample_histories import file_of, generate_histories

    chain = generate(symbol, seed=seed, size="small")
    until, close = previous_session(chain.quote_time.date()), chain.spot - chain.change
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in generate_histories(symbol, until=until, close=close, years=years, seed=seed).items():
        sink.write_text(folder / file_of(name), frame.write_csv())
        first, last = frame[frame.columns[0]][0], frame.row(-1)
        click.echo(f"{folder / file_of(name)}  {frame.height:,} days from {first} to {last[0]}, the last {last[-1]}")


def _path(sample: Sample, target: Path, form: str | None, *, series: bool) -> Path:
    """Return the file to write: `target`, or a file in it named by symbol and time."""
    if not series and not target.is_dir():
        return target.with_suffix(f".{form}") if form and not target.suffix else target
    from gex.cli.render.figures import NEW_YORK

    target.mkdir(parents=True, exist_ok=True)
    time = sample.quote_time.astimezone(NEW_YORK)
    return target / f"{sample.symbol.lower()}_{time:%Y-%m-%d_%H%M}.{form or 'csv'}"


def _write(sample: Sample, path: Path) -> dict[str, Any]:
    """Write one chain, print what is true of it, and return that."""
    from gex.ingest.sample import write_cboe_csv

    if path.suffix == ".parquet":
        sample.chain.write_parquet(path)
    elif path.suffix == ".csv":
        write_cboe_csv(sample, path)
    else:
        raise click.UsageError(f"{path}: no form is known by this suffix; use .csv or .parquet")
    click.echo(_summary(sample, path))
    return _truth(sample, path)


def _summary(sample: Sample, path: Path) -> str:
    from gex.cli.render import figures

    truth, spot = sample.truth, sample.spot
    flip = "none" if truth.gamma_flip is None else figures.level(truth.gamma_flip, spot)
    return (
        f"{path}  {sample.symbol} {figures.price(spot)}  {figures.moment(sample.quote_time)}  {len(sample.chain):,} rows\n"
        f"  truth: flip {flip}, call wall {figures.strike(truth.call_wall)}, put wall {figures.strike(truth.put_wall)}, "
        f"net {figures.dollars(truth.net)} per +1%"
    )


def _truth(sample: Sample, path: Path) -> dict[str, Any]:
    """Return the true levels, under the names of the report's JSON."""
    truth = sample.truth
    return {
        "path": str(path),
        "underlying": sample.symbol,
        "quote_time": sample.quote_time,
        "spot": sample.spot,
        "exercise": "european",
        "curve": {"years": sample.curve.years, "rates": sample.curve.rates},
        "gamma_usd_per_1pct": {"net": truth.net, "gross": truth.gross},
        "levels": {
            "gamma_flip": truth.gamma_flip,
            "gamma_flip_crossings": truth.crossings,
            "call_wall": truth.call_wall,
            "put_wall": truth.put_wall,
            "absolute_gamma_strike": truth.absolute_gamma_strike,
            "high_vol_level": truth.high_vol_level,
        },
    }
