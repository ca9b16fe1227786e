"""`gex study`: events by expression and by date, every form, words that claim no more than is known, what is refused."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

START = dt.date(2007, 1, 1)
N = 900
BELOW = "crosses_below(close, sma(close, 10))"


def closes() -> np.ndarray:
    return 100 * np.exp(np.random.default_rng(11).normal(0.0003, 0.01, N).cumsum())


def sessions() -> list[dt.date]:
    days = [START + dt.timedelta(days=place) for place in range(2 * N)]
    return [day for day in days if day.weekday() < 5][:N]


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Histories SPX and, from its 500th session on, VVIX."""
    folder = tmp_path_factory.mktemp("histories")
    fear = 100 + 15 * np.sin(np.arange(N) / 9)
    for name, values, first in (("SPX", closes(), 0), ("VVIX", fear, 500)):
        rows = [f"{day:%m/%d/%Y},{value:.6f}" for day, value in zip(sessions(), values, strict=True)]
        (folder / f"{name}_History.csv").write_text("\n".join([f"DATE,{name}", *rows[first:]]) + "\n")
    return folder


def horizons(ran: Ran) -> dict[int, dict[str, Any]]:
    assert ran.code == 0, ran.err
    return {row["horizon_sessions"]: row for row in json.loads(ran.out)["horizons"]}


def test_it_reads_well_on_80_columns(gex: Callable[..., Ran], folder: Path) -> None:
    ran = gex("study", "SPX", "--histories", folder, "--when", BELOW)
    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert ran.out.startswith(f"SPX  after {BELOW}\n")
    assert f"in 890 sessions from {sessions()[10]} to {sessions()[-1]}" in ran.out
    assert "entered at the next close" in ran.out
    assert "p after Holm for 5" in ran.out


def test_the_figures_are_those_of_a_loop(gex: Callable[..., Ran], folder: Path) -> None:
    prices = np.round(closes(), 6)
    mean = np.array([prices[max(t - 9, 0) : t + 1].mean() for t in range(N)])
    events = [t for t in range(10, N) if prices[t] < mean[t] and prices[t - 1] >= mean[t - 1]]
    returns = [prices[t + 22] / prices[t + 1] - 1 for t in events if t + 22 < N]
    every = [prices[t + 22] / prices[t + 1] - 1 for t in range(10, N - 22)]
    arguments = ("study", "SPX", "--histories", folder, "--when", BELOW, "--horizons", "21")
    row = horizons(gex(*arguments, "--format", "json"))[21]
    assert (row["events"], row["n"], row["not_over_yet"]) == (len(events), len(returns), len(events) - len(returns))
    assert row["hits"] == sum(each > 0 for each in returns)
    assert row["median_return"] == pytest.approx(np.median(returns), abs=1e-9)
    assert row["base_n"] == pytest.approx(len(every), abs=1)  # Whether it crossed is known a day after the average is.
    assert row["base_mean_return"] == pytest.approx(np.mean(every), abs=1e-4)
    assert row["difference_mean_return"] == pytest.approx(row["mean_return"] - row["base_mean_return"])


def test_days_on_which_a_series_is_not_there_are_outside_the_sample(gex: Callable[..., Ran], folder: Path) -> None:
    ran = gex("study", "SPX", "--histories", folder, "--when", "VVIX > 110", "--format", "json")
    document = json.loads(ran.out)
    assert (document["sessions"], document["from"]) == (N - 500, sessions()[500].isoformat())


def test_a_few_events_are_never_a_hundred_percent(gex: Callable[..., Ran], folder: Path, tmp_path: Path) -> None:
    rises = np.flatnonzero(closes()[6:] > closes()[1:-5])[:400:100]
    (tmp_path / "mine.txt").write_text("".join(f"{sessions()[place]}\n" for place in rises))
    arguments = ("study", "SPX", "--histories", folder, "--events", tmp_path / "mine.txt", "--horizons", "5")
    ran = gex(*arguments)
    assert "not enough data: n = 4" in ran.out
    assert "4 of 4" in ran.out
    assert "100.0%" not in ran.out
    assert "always" not in ran.out
    assert horizons(gex(*arguments, "--format", "json"))[5]["hit_rate_exact_low"] == pytest.approx(0.398, abs=5e-4)


def test_dates_that_are_no_session_count_on_the_next_one(gex: Callable[..., Ran], folder: Path, tmp_path: Path) -> None:
    friday, saturday, monday = (dt.date(2007, 6, 8) + dt.timedelta(days=add) for add in (0, 1, 3))
    (tmp_path / "a.csv").write_text(f'# mine\nwhat,Date\n\n"a, b",{friday}\nc,{saturday}\nd,{monday}\ne,1990-01-01\n')
    ran = gex(
        *("study", "SPX", "--histories", folder, "--events", tmp_path / "a.csv"),
        *("--format", "csv", "--table", "events", "--horizons", "5", "--entry", "signal"),
    )
    assert "1 of 4 dates lie where the history has no session" in ran.err
    assert "1 dates are no session and count on the next one" in ran.err
    assert pl.read_csv(io.StringIO(ran.out))["date"].to_list() == [str(friday), str(monday)]


def test_every_form_holds_the_same(gex: Callable[..., Ran], folder: Path, tmp_path: Path) -> None:
    arguments = ("study", "SPX", "--histories", folder, "--when", BELOW, "--horizons", "5,21")
    rows = json.loads(gex(*arguments, "--format", "json").out)["horizons"]
    assert [json.loads(line) for line in gex(*arguments, "--format", "jsonl").out.splitlines()] == rows
    gex(*arguments, "-o", tmp_path / "study.parquet")
    assert pl.read_parquet(tmp_path / "study.parquet").to_dicts() == rows
    gex(*arguments, "--table", "events", "-o", tmp_path / "events.parquet")
    events = pl.read_parquet(tmp_path / "events.parquet")
    assert len(events) == sum(row["events"] for row in rows)
    assert events.filter(pl.col("horizon_sessions") == 5)["return"].mean() == pytest.approx(rows[0]["mean_return"])
    assert events["exit_date"].null_count() == sum(row["not_over_yet"] for row in rows)


def test_a_file_and_named_files_are_studied_as_a_folder_is(gex: Callable[..., Ran], folder: Path) -> None:
    when = ("--when", "VVIX > 110", "--format", "json")
    files = (folder / "SPX_History.csv", "--series", f"VVIX={folder / 'VVIX_History.csv'}")
    assert gex("study", *files, *when).out == gex("study", "SPX", "--histories", folder, *when).out


def test_options_reach_the_study(gex: Callable[..., Ran], folder: Path) -> None:
    arguments = ("study", "SPX", "--histories", folder, "--when", BELOW, "--horizons", "63", "--format", "json")
    every, some = horizons(gex(*arguments))[63], horizons(gex(*arguments, "--overlap", "cooldown"))[63]
    assert some["effective_n"] == some["n"] < every["n"]
    longer = gex(*arguments, "--overlap", "cooldown", "--cooldown", "200")
    assert horizons(longer)[63]["n"] < some["n"]
    assert json.loads(longer.out)["cooldown_is"] == "200 sessions"
    seeded = horizons(gex(*arguments, "--seed", "5"))[63]
    assert seeded["difference_mean_return_bootstrap_low"] != every["difference_mean_return_bootstrap_low"]
    assert seeded["p"] == every["p"]
    cut = json.loads(gex(*arguments, "--since", "2008-01-01", "--until", "2008-12-31").out)
    assert (cut["from"], cut["to"]) == ("2008-01-01", "2008-12-31")
    assert cut["horizons"][0]["not_over_yet"] == 0
    assert "each one horizon or more after the last" in gex(*arguments[:-2], "--overlap", "cooldown").out


def test_signals_of_ones_own_may_be_named(gex: Callable[..., Ran], folder: Path, tmp_path: Path) -> None:
    (tmp_path / "signals.toml").write_text(
        f'[series.FEAR]\nfile = "{folder / "VVIX_History.csv"}"\nlag_days = 1\n\n'
        '[signals.afraid]\nexpression = "FEAR > 110"\nunit = "condition"\ndefinition = "FEAR above 110"\n'
    )
    arguments = ("study", "SPX", "--histories", folder, "--format", "csv", "--table", "events", "--horizons", "5")
    ran = gex(*arguments, "--when", "afraid", "--signals", tmp_path / "signals.toml")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == gex(*arguments, "--when", "lag(VVIX, 1) > 110").out != ""
    unknown = gex(*arguments, "--when", "afraid")
    assert unknown.code == 2
    (tmp_path / "signals.toml").write_text("[signal.afraid]\n")
    assert gex(*arguments, "--when", "afraid", "--signals", tmp_path / "signals.toml").code == 2


def test_nothing_happened(gex: Callable[..., Ran], folder: Path, tmp_path: Path) -> None:
    arguments = ("study", "SPX", "--histories", folder, "--when", "close > 1e9")
    ran = gex(*arguments)
    assert ran.code == 0
    assert "0 events in" in ran.out
    assert "after 5, 21, 63, 126, 252 sessions: not enough data: n = 0" in ran.out
    row = horizons(gex(*arguments, "--format", "json"))[5]
    assert (row["hit_rate"], row["p"], row["verdict"]) == (None, None, "not enough data: n = 0")
    assert row["base_hit_rate"] > 0
    gex(*arguments, "-o", tmp_path / "none.parquet")
    gex(*arguments[:-1], BELOW, "-o", tmp_path / "some.parquet")
    assert pl.read_parquet_schema(tmp_path / "none.parquet") == pl.read_parquet_schema(tmp_path / "some.parquet")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("SPX",), 2, "give --when EXPRESSION or --events FILE"),
        (("SPX", "--when", "close >"), 2, "--when"),
        (("SPX", "--when", "close > sna(close, 5)"), 2, "sma"),
        (("SPX", "--when", "close"), 2, "expected a condition, got numbers"),
        (("SPX", "--when", "VIX > 20"), 2, "VIX"),
        (("SPX", "--when", "close > 0", "--horizons", "5,x"), 2, "no whole numbers of sessions"),
        (("SPX", "--when", "close > 0", "--horizons", "5,5"), 2, "each once"),
        (("SPX", "--when", "close > 0", "--cooldown", "5"), 2, "--cooldown is for --overlap cooldown"),
        (("SPX", "--when", "close > 0", "--since", "2005-01-01", "--until", "2004-01-01"), 2, "is after --until"),
        (("SPX", "--when", "close > 0", "--since", "2030-01-01"), 6, "no session on which"),
        (("NDX", "--when", "close > 0"), 6, "no history 'NDX'"),
    ],
)
def test_what_is_refused(
    gex: Callable[..., Ran], folder: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    ran = gex("study", *arguments, "--histories", folder)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_history_that_is_no_price_is_bad_data(gex: Callable[..., Ran], tmp_path: Path) -> None:
    days = "".join(f"{day},{value}\n" for day, value in zip(sessions()[:40], [0, 1] * 20, strict=True))
    (tmp_path / "zeros.csv").write_text("date,value\n" + days)
    ran = gex("study", tmp_path / "zeros.csv", "--when", "close > 0")
    assert (ran.code, ran.out) == (3, "")
    assert f"is 0 on {sessions()[0]}, and 20 of its values are no prices above 0" in ran.err


def test_a_hole_in_the_history_is_told(gex: Callable[..., Ran], tmp_path: Path) -> None:
    rows = [f"{day},{value}\n" for day, value in zip(sessions(), closes(), strict=True)]
    (tmp_path / "mine.csv").write_text("".join(["date,close\n", *rows[:300], *rows[500:]]))
    arguments = ("study", tmp_path / "mine.csv", "--when", BELOW, "--horizons", "5")
    ran = gex(*arguments)
    assert ran.code == 0
    assert f"once, the longest from {sessions()[299]} to {sessions()[500]}" in ran.err
    assert "the longest" in gex(*arguments, "--until", sessions()[296]).err
    # What is studied ends well before it: all that is said is what the file lacks.
    assert "the longest" not in gex(*arguments, "--until", sessions()[290]).err


def test_one_session_is_one(gex: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(f"date,close\n{START},100\n")
    assert "1 event in 1 session from" in gex("study", tmp_path / "mine.csv", "--when", "close > 0").out


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no date in it"),
        (b"2001-02-30\n", "line 1"),
        (b"date\n2007-02-05\nsoon\n", "line 3"),
        (b"a,date\n2007-02-05\n", "line 2"),
        (b"\xff\xfe\x00", "not a text of dates"),
    ],
)
def test_files_of_dates_that_are_none(
    gex: Callable[..., Ran], folder: Path, tmp_path: Path, data: bytes, message: str
) -> None:
    (tmp_path / "mine.txt").write_bytes(data)
    ran = gex("study", "SPX", "--histories", folder, "--events", tmp_path / "mine.txt")
    assert (ran.code, ran.out) == (3, "")
    assert message in ran.err
