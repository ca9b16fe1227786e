"""Reading chain files into validated chains and a store, and stored snapshots back, beside Polars on the same bytes."""

from __future__ import annotations

from itertools import count, product
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from benchmarks.race import local_lane
from benchmarks.targets import PLAIN
from gex.ingest.intake import take
from gex.ingest.read import read_chain, read_chains
from gex.ingest.readers.datashop import INTERVALS
from gex.ingest.sample import generate, generate_days
from gex.ingest.sample_csv import write_cboe_csv

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.race import Race

SNAPSHOTS, ROWS = 20, 20_000
FILES = 4
ROUNDS = 7
# Above its header the quote table has three lines of another shape; some columns look whole until late in the file.
QUOTE_TABLE = {"skip_rows": 3, "infer_schema_length": None}


def write_intervals(path: Path) -> None:
    """Write interval quotes with calcs in DataShop's shape: several times of one day, numbers drawn at random."""
    draw = np.random.default_rng(1)
    names = [*INTERVALS[1].key, *INTERVALS[1].required, "open_interest"]
    times = [f"2024-06-03 {hour:02}:{minute:02}:00" for hour, minute in product(range(10, 16), range(0, 60, 15))]
    for number, time in enumerate(times[:SNAPSHOTS]):
        columns = {name: draw.uniform(0.1, 300.0, ROWS).round(4) for name in names}
        columns |= {
            name: draw.integers(0, 9999, ROWS) for name in names if name.endswith(("size", "volume", "interest"))
        }
        columns |= {
            "underlying_symbol": ["^SPX"] * ROWS,
            "quote_datetime": [time] * ROWS,
            "root": ["SPXW"] * ROWS,
            "expiration": [
                f"2024-{7 + place // 28 % 5:02}-{place % 28 + 1:02}" for place in np.arange(ROWS) // 2 % 140
            ],
            "strike": 4000.0 + 5.0 * (np.arange(ROWS) // 280),
            "option_type": ["C", "P"] * (ROWS // 2),
            "underlying_bid": [4999.5] * ROWS,
            "underlying_ask": [5000.5] * ROWS,
            "implied_volatility": draw.uniform(0.1, 0.6, ROWS).round(4),
        }
        with path.open("ab") as file:
            pl.DataFrame({name: columns[name] for name in names}).write_csv(file, include_header=not number)


@pytest.mark.parametrize("kind", ["DataShop", "Cboe"])
def test_ingest(free_race: Race, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "quotes.csv"
    if kind == "DataShop":
        write_intervals(path)
    else:
        write_cboe_csv(generate("SPX", seed=1), path)
    rows = sum(chain.quality.rows_in for chain in read_chains(path))
    assert rows == SNAPSHOTS * ROWS or kind == "Cboe"
    options = {} if kind == "DataShop" else QUOTE_TABLE
    plain = local_lane(PLAIN, rows, lambda: pl.read_csv(path, **options))
    free_race.run(
        lambda: sum(1 for _ in read_chains(path)),
        [plain],
        rows=rows,
        rounds=ROUNDS,
        topic=f"Reading a {kind} file",
        unit="row",
        bytes=path.stat().st_size,
    )


def test_store(free_race: Race, tmp_path: Path) -> None:
    """Each call of ours has a store of its own: the same bytes are not taken twice."""
    paths = [tmp_path / f"{number}.csv" for number in range(FILES)]
    for path, sample in zip(paths, generate_days("SPX", FILES), strict=True):
        write_cboe_csv(sample, path)
    stores = (tmp_path / f"store-{number}" for number in count())

    def ingest() -> int:
        store = next(stores)
        return sum(take(str(path), store, {}).rows_in for path in paths)

    rows = ingest()

    def copy() -> None:
        for path in paths:
            pl.read_csv(path, **QUOTE_TABLE).write_parquet(path.with_suffix(".parquet"))

    plain = local_lane(PLAIN, rows, lambda: [pl.read_csv(path, **QUOTE_TABLE) for path in paths])
    free_race.run(
        ingest,
        [plain, local_lane("polars.read_csv, write_parquet", rows, copy)],
        rows=rows,
        rounds=ROUNDS,
        topic=f"Ingesting {FILES} Cboe files into a store",
        unit="row",
        bytes=sum(path.stat().st_size for path in paths),
    )


def test_read_back(free_race: Race, tmp_path: Path) -> None:
    write_cboe_csv(generate("SPX", seed=1), tmp_path / "quotes.csv")
    taken = take(str(tmp_path / "quotes.csv"), tmp_path / "store", {})
    path = tmp_path / "store" / taken.snapshots[0]["file"]
    assert read_chain(path).frame.height == taken.rows_kept
    free_race.run(
        lambda: read_chain(path),
        [local_lane("polars.read_parquet", taken.rows_kept, lambda: pl.read_parquet(path))],
        rows=taken.rows_kept,
        rounds=ROUNDS,
        topic="Reading a stored snapshot",
        unit="row",
        bytes=path.stat().st_size,
    )
