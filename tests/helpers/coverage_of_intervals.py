"""How often intervals hold the truth on simulated days: `python tests/helpers/coverage_of_intervals.py --days 500`.

Accuracies are measured on days 0 to 19 of the simulated market; the days from 20 000 on, which nothing was set by, are held
against what dealers truly hold. What they held in the morning is known here: this is about trades alone.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from market import simulate

from gex import Settings, analyze
from gex.analysis import priced
from gex.ingest.schema import KEY
from gex.microstructure.accuracies import calibrated
from gex.microstructure.errors import TWO_SIDED_95, Errors, errors_of
from gex.microstructure.inventory import from_trades, opening_of
from gex.microstructure.rules import STACKS
from gex.microstructure.sides import Sides, classify
from gex.position_book import PositionBook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from market import Day

    from gex.microstructure.accuracies import Accuracies

TRAINING = range(20)
FIRST = 20_000
NO_BAND = Settings(band=())


@dataclass(frozen=True)
class Trained:
    """What is measured on the days that the market was set by: accuracies of each stack, and makers' share of trades."""

    accuracies: dict[str, Accuracies]
    share: float


def trained(stacks: Sequence[str], preset: str = "ise", seeds: Iterable[int] = TRAINING, **settings: Any) -> Trained:
    """Measure stacks on days whose sides are known; `settings` change the market."""
    seen = [simulate(seed, preset, **settings) for seed in seeds]
    trades = pl.concat(day.trades for day in seen)
    truth = pl.concat(day.truth for day in seen)
    accuracies = {}
    for stack in stacks:
        parts = [classify(day.trades, stack) for day in seen]
        columns = (np.concatenate([getattr(part, name) for part in parts]) for name in ("side", "rule", "probability"))
        sides = Sides(*columns, stack=parts[0].stack)
        accuracies[stack] = calibrated(trades, sides, truth["initiator_side"].to_numpy(), name=stack)
    return Trained(accuracies, float((truth["passive"] == "maker").mean()))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Told:
    """One day as one stack tells it, in $ of delta per +1%, and points."""

    seed: int
    stack: str
    true_net: float
    net: float
    error: float
    true_zero_dte: float
    zero_dte: float
    zero_dte_error: float
    true_flip: float | None = None
    flip: float | None = None
    naive_flip: float | None = None
    low: float | None = None
    high: float | None = None
    in_set: bool | None = None


def told(day: Day, known: Trained, flips: str | None) -> Iterator[Told]:
    """Yield what each stack says of a day's end; flips, which take longest, of one of them."""
    opening = opening_of(_book(day.opening))
    base = priced(day.chain, Settings(band=(), positions=_book(day.closing)))
    gamma = 0.01 * base.market.level**2 * base.book.gamma(base.market.level)
    gamma *= base.market.quotes.multiplier[base.market.used]
    today = (base.market.dates == day.settings.date).to_numpy()[base.market.quotes.expiration[base.market.used]]
    true = _book(day.closing).contracts(day.chain.frame)[base.market.used]
    for stack, rates in known.accuracies.items():
        trades = from_trades(day.trades, classify(day.trades, stack, rates), maker_share=known.share)
        book = opening.plus(trades).book(stack)
        held = book.contracts(day.chain.frame)[base.market.used]
        errors = errors_of(day.chain.frame, Settings(positions=book))
        assert errors is not None
        sums = [
            _sums(gamma * chosen, true, held, errors.take(base.market.used)) for chosen in (np.ones(len(gamma)), today)
        ]
        yield Told(day.seed, stack, *sums[0], *sums[1], **(_flips(day, book) if stack == flips else {}))  # type: ignore[arg-type]


def _book(positions: pl.DataFrame) -> PositionBook:
    return PositionBook("true", positions.select(*KEY, pl.col("contracts").cast(pl.Float64)), "0" * 64)


def _sums(gamma: np.ndarray, true: np.ndarray, held: np.ndarray, errors: Errors) -> tuple[float, float, float]:
    return float(gamma @ true), float(gamma @ held), float(np.sqrt(errors.variance(gamma)))


def _flips(day: Day, book: PositionBook) -> dict[str, float | bool | None]:
    true = analyze(day.chain, NO_BAND, positions=_book(day.closing)).levels.gamma_flip
    naive = analyze(day.chain, NO_BAND).levels.gamma_flip
    intervals = analyze(day.chain, NO_BAND, positions=book).intervals
    assert intervals is not None
    flip = intervals.flip
    inside = None if true is None else any(low <= true <= high for low, high in flip.ranges)
    return {
        "true_flip": true,
        "flip": flip.flip,
        "naive_flip": naive,
        "low": flip.low,
        "high": flip.high,
        "in_set": inside,
    }


def days(
    seeds: Iterable[int], known: Trained, *, preset: str = "ise", flips: str | None = "gsu_large", **settings: Any
) -> pl.DataFrame:
    """Return `Told` of every day and stack."""
    drawn = (simulate(seed, preset, **settings) for seed in seeds)
    return pl.DataFrame([each for day in drawn for each in told(day, known, flips)])


def summary(found: pl.DataFrame) -> pl.DataFrame:
    """Return a row a stack: coverage, bias and width of net gamma's interval, all expirations and 0DTE."""
    miss, miss_0 = pl.col("true_net") - pl.col("net"), pl.col("true_zero_dte") - pl.col("zero_dte")
    return found.group_by("stack", maintain_order=True).agg(
        pl.len().alias("days"),
        (miss.abs() <= TWO_SIDED_95 * pl.col("error")).mean().alias("coverage"),
        (miss_0.abs() <= TWO_SIDED_95 * pl.col("zero_dte_error")).mean().alias("coverage_0dte"),
        (miss / pl.col("error")).mean().alias("z_mean"),
        (miss / pl.col("error")).std().alias("z_sd"),
        (-miss.mean() / pl.col("true_net").std()).alias("bias"),
        (2 * TWO_SIDED_95 * pl.col("error").mean() / pl.col("true_net").std()).alias("width"),
        (miss.pow(2).mean().sqrt() / pl.col("true_net").std()).alias("rmse"),
    )


def flips(found: pl.DataFrame) -> dict[str, float]:
    """Return how far flips are off, in points, and how often the set of flips holds the true one."""
    known = found.filter(pl.col("in_set").is_not_null())
    both = known.drop_nulls(["flip", "naive_flip"])
    return {
        "days": known.height,
        "in set": float(known["in_set"].mean()),  # type: ignore[arg-type]
        "range closed": float((known["low"].is_not_null() & known["high"].is_not_null()).mean()),  # type: ignore[arg-type]
        "median width": float((known["high"] - known["low"]).median() or np.nan),  # type: ignore[arg-type]
        "median miss": float((both["flip"] - both["true_flip"]).abs().median()),  # type: ignore[arg-type]
        "median miss of naive": float((both["naive_flip"] - both["true_flip"]).abs().median()),  # type: ignore[arg-type]
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=500)
    parser.add_argument("--first", type=int, default=FIRST)
    parser.add_argument("--preset", default="ise")
    parser.add_argument("--stacks", nargs="*", default=list(STACKS))
    parser.add_argument("--save", help="Parquet file of every day.")
    given = parser.parse_args()
    known = trained(given.stacks, given.preset)
    found = days(range(given.first, given.first + given.days), known, preset=given.preset)
    if given.save:
        found.write_parquet(given.save)
    with pl.Config(tbl_cols=-1, tbl_rows=-1, float_precision=3, tbl_width_chars=160):
        print(summary(found))
    print(flips(found))


if __name__ == "__main__":
    main()
