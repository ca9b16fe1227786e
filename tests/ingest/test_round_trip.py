"""Read, store, read again, merge, read again: the same chain each time, whatever is in it."""

from __future__ import annotations

import datetime as dt
import tempfile

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gex.ingest import compact, store, verify
from gex.ingest.errors import ChainError
from gex.ingest.read import read_chain
from gex.ingest.readers.canonical import facts_of
from gex.ingest.scan import scan_store

NUMBERS = st.none() | st.floats(allow_nan=True) | st.sampled_from([0.0, -0.0, 1e-300, 0.1 + 0.2, 9007199254740993.0])
COUNTS = st.none() | st.integers(-1, 2**53)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "root": st.sampled_from(["SPX", "SPXW", "XSP", None]),
            "expiration": st.dates(dt.date(2025, 9, 1), dt.date(2027, 1, 1)),
            "strike": st.floats(0.001, 1e6) | st.sampled_from([100.0, 100.001, -1.0]),
            "option_type": st.sampled_from(["C", "P", "X", None]),
            "bid": NUMBERS,
            "ask": NUMBERS,
            "implied_volatility": NUMBERS,
            "volume": COUNTS,
            "open_interest": COUNTS,
        }
    ),
    min_size=1,
    max_size=12,
)
TYPES = {"bid": pl.Float64, "ask": pl.Float64, "implied_volatility": pl.Float64}
TYPES |= {"volume": pl.Int64, "open_interest": pl.Int64, "root": pl.String, "option_type": pl.String}
TIMES = st.datetimes(dt.datetime(2025, 8, 1), dt.datetime(2025, 8, 31)).map(lambda time: time.replace(tzinfo=dt.UTC))  # noqa: DTZ001


def same(chain, other):
    assert facts_of(chain) == facts_of(other)
    assert chain.frame.schema == other.frame.schema
    assert chain.frame.equals(other.frame, null_equal=True)


@settings(
    max_examples=2 * settings().max_examples // 3,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(rows=ROWS, times=st.lists(TIMES, min_size=1, max_size=3, unique=True), spot=st.floats(10.0, 1e5))
def test_read_store_read_is_exact(rows, times, spot):
    table = pl.DataFrame(rows, schema_overrides=TYPES)
    try:
        chains = [read_chain(table, quote_time=time, spot=spot, underlying="SPX") for time in times]
    except ChainError:
        assume(False)
    with tempfile.TemporaryDirectory() as place:
        for chain in chains:
            kept, aside = chain.quality.rows_kept, sum(chain.quality.quarantined.values())
            assert (kept + aside, kept) == (len(rows), chain.frame.height)
            same(read_chain(store.save(chain, place)), chain)
        total = scan_store(place).collect().height
        list(compact.compact(place, "SPX", dt.date(2026, 1, 1)))
        found = store.snapshots(place, "SPX")
        for chain in chains:
            (there,) = [each for each in found if facts_of(each.read()[0]) == facts_of(chain)]
            same(there.read()[0], chain)
        assert scan_store(place).collect().height == total


SESSIONS = (
    "08-27_2130",
    "08-28_1625",
    "08-29_1629",
    "09-01_0845",
    "09-02_1937",
    "09-03_1618",
    "09-04_1430",
    "09-05_1016",
)


@pytest.mark.real
def test_real_sessions_go_in_and_come_out_and_none_is_called_stale(data_path, tmp_path):
    """Monday's and Tuesday's files agree in all open interest, rightly: it is of Friday's close in both."""
    chains = [read_chain(data_path("chains", "cboe_csv", f"spx_2025-{each}.csv")) for each in SESSIONS]
    store.put(chains, tmp_path)
    for merged in (False, True):
        if merged:
            assert len(list(compact.compact(tmp_path, "SPX", dt.date(2025, 10, 1)))) == 2
        for chain, there in zip(chains, store.snapshots(tmp_path, "SPX"), strict=True):
            same(there.read()[0], chain)
        assert list(verify.verify(tmp_path)) == []
        span = (dt.date(2025, 8, 27), dt.date(2025, 9, 8))
        missing = verify.missing_sessions(tmp_path, "SPX", *span)
        assert [each.quote_date for each in missing] == [span[1]]
        assert scan_store(tmp_path).select(pl.len()).collect().item() == sum(chain.frame.height for chain in chains)
