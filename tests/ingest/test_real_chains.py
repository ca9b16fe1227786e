"""Real files as their collectors saved them: counts, times, spots, and what open interest says of its own date."""

import datetime as dt
import os
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from gex.ingest.errors import FormatError
from gex.ingest.read import read_chain
from gex.ingest.schema import KEY

pytestmark = pytest.mark.real

NY = ZoneInfo("America/New_York")

# Rows, rows not expired at the header's own time, and spot: computed by two independent programs.
COUNTS = [
    ("spx_2022-12-12_2030", 19_156, 18_870, 3990.5601),
    ("spx_2025-08-27_2130", 24_034, 23_614, 6481.3999),
    ("spx_2025-08-28_1625", 24_050, 23_630, 6501.8599),
    ("spx_2025-08-29_1629", 24_072, 23_254, 6460.2598),
    ("spx_2025-09-02_1937", 23_722, 23_306, 6415.54),
    ("spx_2025-09-03_1618", 24_112, 23_704, 6448.2798),
    ("spx_2025-09-04_1430", 24_040, 24_040, 6485.6401),
    ("spx_2025-09-05_1016", 24_122, 24_122, 6515.9399),
    ("qqq_2023-06-12_1635", 7_246, 7_016, 358.27),
    ("qqq_2024-03-22_2146", 9_840, 9_532, 445.65),
    ("qqq_2023-05-10_1510", 6_790, 6_790, 324.56),
]

# Stamp and quote time (New York), underlying, and whether options traded at both.
TIMES = [
    ("ndx_2022-12-12_2031.csv", "2022-12-12T20:31", "2022-12-12T16:15", "NDX", False),
    ("qqq_2023-05-10_1510.csv", "2023-05-10T15:10", "2023-05-10T14:55", "QQQ", True),
    ("qqq_2023-06-12_1635.csv", "2023-06-12T16:35", "2023-06-12T16:15", "QQQ", False),
    ("qqq_2024-03-22_2146.csv", "2024-03-22T21:46", "2024-03-22T16:15", "QQQ", False),
    ("spx_2022-03-23_1011.csv", "2022-03-23T10:11", "2022-03-23T09:56", "SPX", True),
    ("spx_2022-07-12_1155.csv", "2022-07-12T11:55", "2022-07-12T11:40", "SPX", True),
    ("spx_2022-12-12_2030.csv", "2022-12-12T20:30", "2022-12-12T16:15", "SPX", False),
    ("spx_2023-12-09_1349.csv", "2023-12-09T13:49", "2023-12-08T16:15", "SPX", False),
    ("spx_2024-01-07_1052.csv", "2024-01-07T10:52", "2024-01-05T16:15", "SPX", False),
    ("spx_2024-02-13_0640_no_iv.csv", "2024-02-13T06:40", "2024-02-12T16:15", "SPX", False),
    ("spx_2025-08-27_2130.csv", "2025-08-27T21:30", "2025-08-27T16:15", "SPX", False),
    ("spx_2025-08-28_1625.csv", "2025-08-28T16:25", "2025-08-28T16:10", "SPX", False),
    ("spx_2025-08-29_1629.csv", "2025-08-29T16:29", "2025-08-29T16:14", "SPX", False),
    ("spx_2025-09-01_0845.csv", "2025-09-01T08:45", "2025-08-29T16:15", "SPX", False),
    ("spx_2025-09-02_1937.csv", "2025-09-02T19:37", "2025-09-02T16:15", "SPX", False),
    ("spx_2025-09-03_1618.csv", "2025-09-03T16:18", "2025-09-03T16:03", "SPX", False),
    ("spx_2025-09-04_1430.csv", "2025-09-04T14:30", "2025-09-04T14:15", "SPX", True),
    ("spx_2025-09-05_1016.csv", "2025-09-05T10:16", "2025-09-05T10:01", "SPX", True),
    ("spy_2020-06-22_old_layout.dat", "2020-06-22T20:42", "2020-06-22T16:15", "SPY", False),
    ("spy_2025-08-19_2042.csv", "2025-08-19T20:42", "2025-08-19T16:15", "SPY", False),
    ("xsp_2023-09-14_1630.csv", "2023-09-14T16:30", "2023-09-14T16:15", "XSP", False),
]


@pytest.mark.parametrize(("name", "rows", "alive", "spot"), COUNTS)
def test_rows_and_rows_alive_at_the_headers_time(data_path, accounted, name, rows, alive, spot):
    path = data_path("chains", "cboe_csv", f"{name}.csv")
    chain = read_chain(path, quote_time=read_chain(path).stamp)
    accounted(chain)
    assert (chain.quality.rows_in, chain.quality.rows_kept, chain.spot) == (rows, alive, spot)
    assert set(chain.quality.quarantined) <= {"expired"}


@pytest.mark.parametrize(("name", "stamp", "quotes", "underlying", "is_open"), TIMES)
def test_times_of_every_quote_table(data_path, accounted, name, stamp, quotes, underlying, is_open):
    chain = read_chain(data_path("chains", "cboe_csv", name))
    accounted(chain)
    assert chain.stamp == dt.datetime.fromisoformat(stamp).replace(tzinfo=NY)
    assert chain.quote_time == dt.datetime.fromisoformat(quotes).replace(tzinfo=NY)
    assert (chain.underlying, chain.market_open) == (underlying, is_open)
    assert chain.quality.rows_in == chain.quality.rows_kept + chain.quality.quarantined.get("expired", 0)


def test_open_interest_moves_when_its_date_does(data_path):
    """Two files say the same session for their open interest exactly if no contract's differs (late August 2025)."""
    chains = [read_chain(data_path("chains", "cboe_csv", name)) for name, *_ in TIMES if name.startswith("spx_2025")]
    for sooner, later in pairwise(chains):
        both = sooner.frame.join(later.frame, on=KEY, suffix="_later")
        moved = both.filter(pl.col("open_interest") != pl.col("open_interest_later")).height
        assert (moved == 0) == (sooner.open_interest_date == later.open_interest_date), later.source.path


def test_published_open_interest_and_volume_of_the_reference_day(data_path):
    """Sums over all rows, expired ones included, of a day whose totals are known."""
    path = data_path("chains", "cboe_csv", "spx_2022-12-12_2030.csv")
    frame = read_chain(path, quote_time="2022-12-12T10:00").frame
    sums = frame.group_by("option_type").agg(pl.col("open_interest", "volume").sum()).sort("option_type")
    assert sums.rows() == [("C", 7_009_311, 1_054_514), ("P", 12_260_313, 1_459_803)]
    assert dict(frame["root"].value_counts().rows()) == {"SPXW": 12_762, "SPX": 6_394}
    assert frame["expiration"].n_unique() == 51


def test_delayed_quotes_json(data_path, accounted):
    chain = read_chain(data_path("chains", "cboe_json", "rut_2023-09-20.json"))
    accounted(chain)
    assert (chain.underlying, chain.spot, chain.quality.rows_in) == ("RUT", 1806.1193, 6_680)
    assert chain.stamp == dt.datetime(2023, 9, 21, 3, 17, 42, tzinfo=dt.UTC)
    assert chain.quote_time == dt.datetime(2023, 9, 20, 16, 15, tzinfo=NY)


@pytest.mark.parametrize(
    ("name", "underlying", "rows", "quotes"),
    [
        ("qqq_2026-07-14_1555_mixed.json", "QQQ", 8_495, "2026-07-14T15:40:36.689471"),
        ("spx_2026-07-12.json", "SPX", 4_160, "2026-07-10T16:15"),
    ],
)
def test_flat_lists_of_quotes(data_path, accounted, name, underlying, rows, quotes):
    chain = read_chain(data_path("chains", "other", name))
    accounted(chain)
    assert (chain.underlying, chain.quality.rows_in, chain.quality.quarantined) == (underlying, rows, {})
    assert chain.quote_time == dt.datetime.fromisoformat(quotes).replace(tzinfo=NY)


@pytest.mark.parametrize(
    ("parts", "match"),
    [
        (("chains", "other", "levels_published_sample.json"), "levels that another program published"),
        (("chains", "other", "spx_2025-01_long_format.csv"), "SPX and SPXW share strikes"),
        (("open_interest", "spx_occ_2026-08.json"), "open interest by strike without prices"),
        (("history", "SPX_History.csv"), "a history of daily prices"),
        (("history", "VVIX_History.csv"), "not an option chain of a known format"),
    ],
)
def test_what_is_no_chain_is_refused_by_name(data_path, parts, match):
    with pytest.raises(FormatError, match=match):
        read_chain(data_path(*parts))


def test_every_chain_file_is_read_or_refused(data_path, accounted):
    """Whatever lies in the folder, the files listed here and others."""
    root = data_path("chains")
    read = refused = 0
    for path in sorted(Path(folder, name) for folder, _, names in os.walk(root) for name in names):
        try:
            accounted(read_chain(path))
            read += 1
        except FormatError:
            refused += 1
    assert read >= 24
    assert refused >= 2
