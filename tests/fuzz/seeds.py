"""One small whole file of every shape that a reader knows, by name; a name begins with that of its format."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

INGEST = Path(__file__).resolve().parents[1] / "ingest"
COLUMNS = {
    "mapped": {
        "underlying": "=SPX",
        "expiration": "Expiry",
        "strike": "K",
        "option_type": "Right",
        "bid": "Bid",
        "spot": "Index",
        "quote_time": "At",
        "date_format": "=%m/%d/%Y",
    }
}
"""What a user says of the columns, where a format needs it."""

BESIDE = {"occ_series": "cboe_csv-table.csv"}
"""The seed that a file completes which is no chain by itself."""


def seeds() -> dict[str, bytes]:
    """Return the files of tests/ingest/shapes, and those that the tests of the other readers write."""
    shapes = {path.name: path.read_bytes() for path in sorted((INGEST / "shapes").iterdir())}
    fixtures = _module("conftest")
    quotes = fixtures.delayed_quotes(
        [fixtures.record(f"SPXW250919{side}{strike * 1000:08d}") for strike in range(90, 111, 5) for side in "CP"]
    )
    written = {
        "cboe_csv-table.csv": fixtures.QuoteTable().text(),
        "cboe_json-quotes.json": json.dumps(quotes),
        "quotes_json-list.json": json.dumps(_module("test_json_sources").flat()),
        "thetadata-version_2.csv": _version_2(),
        "mapped-table.csv": _nobodys(),
        "occ_series-answer.txt": _module("test_occ_series").answer(*_module("test_occ_series").every()),
    }
    ours = _ours(fixtures.QuoteTable().text())
    return shapes | {name: text.encode() for name, text in written.items()} | _databento() | ours


def format_of(name: str) -> str:
    """Return the format that a seed is of."""
    return re.split(r"[-.]", name, maxsplit=1)[0]


def _databento() -> dict[str, bytes]:
    """Return quotes whose contracts are named in their metadata: they are a chain without another file."""
    made = _module("../helpers/databento_files")
    return {"databento-quotes.dbn": made.mapped(made.IDS) + made.quotes()[len(made.metadata("cbbo-1m")) :]}


def _version_2() -> str:
    """Return greeks as ThetaData's second version wrote them, of two times."""
    head = "root,expiration,strike,right,ms_of_day,bid,ask,delta,theta,vega,rho,epsilon,lambda,implied_vol,iv_error,"
    rows = [
        f"SPXW,20240607,{strike}000,{right},{time},10,11,0.5,-1,3,1,1,1,0.2,0,{time},5283.4,20240603"
        for time in (41400000, 41460000)
        for strike in (5270, 5280, 5290)
        for right in "CP"
    ]
    return "\n".join([f"{head}ms_of_day2,underlying_price,date", *rows, ""])


def _nobodys() -> str:
    """Return a chain under names of nobody's, of two times."""
    rows = [
        f"06/{day}/2024,{strike},{right},10,5283.4,2024-06-03 {time}"
        for time in ("11:30", "11:31")
        for day in ("07", "21")
        for strike in (5270, 5280, 5290)
        for right in ("call", "put")
    ]
    return "\n".join(["Expiry,K,Right,Bid,Index,At", *rows, ""])


def _ours(table: str) -> dict[str, bytes]:
    """Return a chain as files of our own."""
    from gex.ingest.read import read_chain
    from gex.ingest.readers.canonical import csv_bytes, facts_of
    from gex.ingest.snapshot_file import FACTS, file_bytes

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.csv")
        path.write_text(table)
        chain = read_chain(path)
    # Most damage to our own Parquet file is told by its seal; saved by another program it has none.
    again = io.BytesIO()
    chain.frame.write_parquet(again, metadata={FACTS: json.dumps(facts_of(chain))})
    return {
        "csv-ours.csv": csv_bytes(chain),
        "parquet-ours.parquet": file_bytes(chain),
        "parquet-saved_again.parquet": again.getvalue(),
    }


def _module(name: str) -> Any:
    """Import a test module by its path: tests are no package."""
    spec = importlib.util.spec_from_file_location(f"seed_{name}", INGEST / f"{name}.py")
    assert spec
    assert spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
