"""`gex check`: on a series made by hand, on a file alone, and on the real days of 2025."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from gex.cli.batch.frames import frames_of
from gex.cli.batch.spec import spec_of
from gex.cli.checking import age_of, series_of
from gex.cli.monitor.work import Work
from gex.cli.options import ReadOptions
from gex.ingest.result_parts import Part, write_parts
from gex.limit_fields import FIELDS, derived
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NEW_YORK = ZoneInfo("America/New_York")
READ = ReadOptions(None, None, None, (), {}, None, None, None, False, 0.2)


def new_york(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(dt.UTC)


def put(results: Path, when: str, spec: str = "0" * 16, **values: Any) -> None:
    """Write a summary of a snapshot into a folder of results."""
    time = new_york(when)
    row: dict[str, Any] = {"underlying": "SPX", "quote_time": time, "spec_fingerprint": spec}
    row["quote_date"] = time.astimezone(NEW_YORK).date()
    types = {name: pl.Float64 for name, each in FIELDS.items() if each.unit != "word"}
    frame = pl.DataFrame([row | dict.fromkeys(("spot", "gamma_flip")) | values], schema_overrides=types)
    part = Part(results, "summary", "SPX", row["quote_date"], time, f"{abs(hash(when)):016x}"[:8], spec[:8], "0.1.0")
    write_parts({"summary": frame, "by_strike": frame, "by_expiration": frame}, part, {})


@pytest.fixture(name="results")
def _results(tmp_path: Path) -> Path:
    results = tmp_path / "results"
    for when, spot, flip in (
        ("2025-09-03T16:00", 6448.0, 6413.0),
        ("2025-09-04T16:00", 6502.0, 6436.0),
        ("2025-09-05T10:00", 6440.0, 6470.0),
    ):
        put(results, when, spot=spot, gamma_flip=flip)
    return results


@pytest.fixture(name="limits")
def _limits(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes rules, one a dict of TOML."""

    def write(**rules: str) -> Path:
        path = tmp_path / "limits.toml"
        path.write_text("".join(f"[rules.{name.replace('_', '-')}]\n{text}\n" for name, text in rules.items()))
        return path

    return write


CROSSED = 'field = "spot"\ncrosses = "gamma_flip"\nseverity = "breach"\nmessage = "Hedge."'
STALE = 'field = "age_minutes"\nabove = 60\nseverity = "breach"'
FINE = 'field = "spot"\nbelow = 5000\nseverity = "breach"'
NO_FIELD = 'field = "call_wall"\nbelow = 5000\nseverity = "info"'
AT = ("--at", "2025-09-05T10:20")


def test_the_codes(gex: Any, results: Path, limits: Any) -> None:
    """A breach before what is stale or missing, and that before nothing."""
    for rules, code in (
        ({"fine": FINE}, 0),
        ({"fine": FINE, "crossed": CROSSED.replace('"breach"', '"warn"')}, 0),
        ({"fine": FINE, "crossed": CROSSED}, 5),
        ({"fine": FINE, "stale": STALE.replace("60", "10")}, 6),
        ({"fine": FINE, "missing": NO_FIELD}, 6),
        ({"crossed": CROSSED, "stale": STALE.replace("60", "10"), "missing": NO_FIELD}, 5),
    ):
        ran = gex("check", "SPX", "--results", results, "--limits", limits(**rules), *AT)
        assert (ran.code, ran.err) == (code, "")


def test_the_table_says_what_when_and_why(gex: Any, results: Path, limits: Any) -> None:
    ran = gex("check", "SPX", "--results", results, "--limits", limits(fine=FINE, crossed=CROSSED, none=NO_FIELD), *AT)
    assert ran.out == (
        "SPX · quotes of Fri 2025-09-05 10:00 ET · 20 trading min old\n"
        "  1 breached, 1 unknown, 1 ok\n"
        "STATE    RULE           FIGURE  LIMIT                            SINCE\n"
        "BREACH   crossed  −30.0 points  crossed gamma_flip in 1 session  09-05 10:00\n"
        "          Hedge.\n"
        "          spot less gamma_flip, which was +66.0 points of Thu 2025-09-04 16:00\n"
        "          ET\n"
        "unknown  none          unknown  below 5000                       09-03 16:00\n"
        "          call_wall: the series has no such column\n"
        "ok       fine             6440  below 5000                       09-03 16:00\n"
        "from 3 snapshots · times are New York's · breached: crossed · unknown: none\n"
    )
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_document(gex: Any, results: Path, limits: Any) -> None:
    path = limits(crossed=CROSSED, none=NO_FIELD)
    ran = gex("check", "SPX", "--results", results, "--limits", path, "--format", "json", *AT)
    document = json.loads(ran.out)
    assert document["at"] == "2025-09-05T14:20:00Z"
    assert (document["age_minutes"], document["age_sessions"], document["live"]) == (20.0, 0, True)
    assert (document["exit_code"], document["reasons"]) == (5, ["breached: crossed", "unknown: none"])
    crossed, none = document["limits"]
    assert (crossed["state"], crossed["figure"], crossed["threshold"], crossed["against"]) == (
        *("breached", -30.0, 0.0, 66.0),
    )
    assert crossed["since"] == "2025-09-05T14:00:00Z"
    assert (none["figure"], none["reason"]) == (None, "call_wall: the series has no such column")
    lines = gex("check", "SPX", "SPX", "--results", results, "--limits", path, "--format", "jsonl", *AT).out
    assert [json.loads(line) for line in lines.splitlines()] == [document, document]
    assert isinstance(
        json.loads(gex("check", "SPX", "SPX", "--results", results, "--limits", path, "--format", "json", *AT).out),
        list,
    )


def test_a_breach_that_clears_elsewhere_says_where(gex: Any, results: Path, limits: Any) -> None:
    near = 'field = "spot"\nwithin = 35\nof = "gamma_flip"\nclear = 70\nseverity = "warn"'
    low = 'field = "spot"\nabove = 6450\nclear = 6400\nseverity = "warn"'
    ran = gex("check", "SPX", "--results", results, "--limits", limits(near=near, low=low), *AT)
    assert (
        "WARN   near  30.0 points  within 35 points of gamma_flip  09-03 16:00\n"
        "          distance of spot from gamma_flip, 6470 · over beyond 70 points\n"
        "WARN   low          6440  above 6450                      09-04 16:00\n"
        "          spot: the price of the underlying used · over from 6400 down\n"
    ) in ran.out


def test_what_comes_after_at_is_not_known_yet(gex: Any, results: Path, limits: Any) -> None:
    path = limits(crossed=CROSSED)
    ran = gex("check", "SPX", "--results", results, "--limits", path, "--at", "2025-09-05T09:59")
    assert ran.code == 0
    assert "quotes of Thu 2025-09-04 16:00 ET · NOT LIVE: 1 session old" in ran.out
    assert "spx: not live: 1 session old, and no rule is about age" in ran.err.lower()


def test_a_symbol_without_a_rule_is_not_taken_for_a_symbol_without_a_breach(
    gex: Any, results: Path, limits: Any
) -> None:
    rules = limits(other=FINE + '\nsymbols = ["SPY"]')
    ran = gex("check", "SPX", "--results", results, "--limits", rules, *AT)
    assert (ran.code, "no rule is about it" in ran.out) == (0, True)
    assert ran.err == "gex: SPX: no rule is about it: nothing was checked\n"
    ran = gex("check", "NDX", "--results", results, "--limits", rules, *AT)
    assert (ran.code, ran.out) == (6, "NDX · NO SNAPSHOT · no rule is about it\n")


def test_a_symbol_without_results_is_missing_data(gex: Any, results: Path, limits: Any) -> None:
    ran = gex("check", "NDX", "SPX", "--results", results, "--limits", limits(fine=FINE), *AT)
    assert ran.code == 6
    assert "NDX · NO SNAPSHOT, so all 1 limits are unknown" in ran.out
    assert "no result of NDX; it has SPX" in ran.err


def test_a_damaged_part_is_an_error_and_never_left_out(gex: Any, results: Path, limits: Any) -> None:
    path = next(results.glob("summary/symbol=SPX/date=2025-09-04/*.parquet"))
    path.write_bytes(path.read_bytes()[:-20])
    ran = gex("check", "SPX", "--results", results, "--limits", limits(fine=FINE), *AT)
    assert (ran.code, ran.out) == (3, "")
    assert str(path) in ran.err


def test_one_of_several_settings(gex: Any, tmp_path: Path, limits: Any) -> None:
    results = tmp_path / "results"
    put(results, "2025-09-05T10:00", "a" * 16, spot=6440.0)
    put(results, "2025-09-05T10:01", "b" * 16, spot=4000.0)
    ran = gex("check", "SPX", "--results", results, "--limits", limits(fine=FINE), *AT)
    assert (ran.code, "the series mixes results under 2 settings; choose one with --spec" in ran.err) == (5, True)
    for spec, code in (("aaaa", 0), ("bbbb", 5)):
        assert (
            gex("check", "SPX", "--results", results, "--limits", limits(fine=FINE), *AT, "--spec", spec).code == code
        )


def test_flags_that_change_nothing_are_refused(gex: Any, results: Path, limits: Any) -> None:
    ran = gex("check", "SPX", "--results", results, "--limits", limits(fine=FINE), "--vol", "vendor")
    assert ran.code == 2
    assert "--vol changes nothing in the results of SPX" in ran.err


def test_a_symbol_needs_results(gex: Any, limits: Any) -> None:
    ran = gex("check", "SPX", "--limits", limits(fine=FINE))
    assert (ran.code, "no results named; give --results DIR" in ran.err) == (2, True)


def test_a_file_alone_has_no_history(gex: Any, spx_csv: Path, limits: Any) -> None:
    path = limits(fine=FINE, crossed=CROSSED)
    ran = gex("check", spx_csv, "--limits", path, "--format", "json", "--band", "none")
    document = json.loads(ran.out)
    assert (ran.code, document["snapshots"]) == (6, 1)
    states = {each["rule"]: (each["state"], each["reason"]) for each in document["limits"]}
    assert states == {
        "fine": ("ok", None),
        "crossed": ("unknown", "no side is known from 1 session before"),
    }


def test_a_bad_limits_file_is_a_usage_error(gex: Any, spx_csv: Path, limits: Any) -> None:
    ran = gex("check", spx_csv, "--limits", limits(fine=FINE.replace("spot", "spto")))
    assert ran.code == 2
    assert "limits.toml, line 2: [rules.fine]: field is no field: 'spto'; nearest: spot" in ran.err


@pytest.mark.parametrize(
    ("quoted", "at", "minutes", "sessions"),
    [
        ("2025-09-05T10:00", "2025-09-05T10:20", 20, 0),
        ("2025-09-05T16:00", "2025-09-05T20:00", 15, 0),
        ("2025-09-05T16:15", "2025-09-08T09:30", 0, 1),
        ("2025-09-05T16:15", "2025-09-08T09:29", 0, 0),
        ("2025-08-29T16:15", "2025-09-02T10:00", 30, 1),  # over Labor Day
        ("2025-11-28T12:00", "2025-12-01T09:00", 75, 0),  # an early close
    ],
)
def test_age_is_told_by_the_exchanges_calendar(quoted: str, at: str, minutes: float, sessions: int) -> None:
    assert age_of(new_york(quoted), "SPX", new_york(at)) == (minutes, sessions)


def test_every_field_is_one_of_the_results(spx_csv: Path) -> None:
    """What limits can be set on is what results have, or follows from it; a file alone has the same."""
    import gex as package

    chain = package.read_chain(spx_csv)
    analysis = package.analyze(chain, settings=Settings())
    kept, alone = derived(frames_of(chain, analysis, "0" * 16)["summary"]), derived(series_of(analysis))
    fields = {name for name, each in FIELDS.items() if not each.of_now}
    assert fields <= set(kept.columns)
    assert fields <= set(alone.columns)
    assert kept.select(sorted(fields)).rows() == alone.select(sorted(fields)).rows()
    numbers = {name for name, dtype in kept.schema.items() if dtype.is_numeric()}
    assert numbers - fields == {"quality_rows_in", "quality_rows_kept"}  # As rows_in and rows_used.


DESK = {
    "near_flip": 'field = "spot"\nwithin = "0.5%"\nof = "gamma_flip"\nclear = "0.75%"\nseverity = "breach"',
    "short_gamma": 'field = "net_gamma_usd_per_1pct"\nbelow = 0\nclear = 10e9\nseverity = "breach"',
    "thin_gamma": 'field = "net_gamma_usd_per_1pct"\nbelow = 25e9\nclear = 50e9\nseverity = "warn"',
    "thin_twice": 'field = "net_gamma_usd_per_1pct"\nbelow = 25e9\nfor = "2 sessions"\nseverity = "warn"',
    "undecided": 'field = "regime"\nis = ["near_zero", "short_gamma"]\nseverity = "warn"',
    "wall_moved": 'field = "call_wall"\nmoves = "1%"\nseverity = "warn"',
    "zero_dte": 'field = "zero_dte_share_of_gross"\nabove = "20%"\nseverity = "info"',
}
"""Round figures: half a percent from the flip, a percent of the wall, a fifth of gross; nothing tuned to these days."""

DAYS = {
    # By hand from `gex levels` on each file: spot / flip − 1, net, regime, call wall, 0DTE's share of gross.
    "2025-08-27T21:30": "ok ok ok ok ok unknown unknown",  # 0.90%, 41.4 $bn, long, 6500, no 0DTE
    "2025-08-28T17:00": "ok ok ok ok ok ok unknown",  # 1.26%, 63.2 $bn, long, 6500
    "2025-08-29T16:14": "ok ok breached pending ok breached unknown",  # 0.59%, 19.4 $bn, long, 6600: +1.5%
    "2025-09-01T08:45": "breached ok breached pending breached cleared unknown",  # 0.31%, 17.8 $bn, near zero, 6500
    "2025-09-02T19:37": "breached ok breached breached breached breached unknown",  # 0.02%, 0.7 $bn, near zero, 6600
    "2025-09-03T16:18": "breached ok breached breached cleared breached unknown",  # 0.54%, 20.7 $bn, long, 6500: −1.5%
    "2025-09-04T14:30": "cleared ok cleared cleared ok cleared ok",  # 0.77%, 99.7 $bn, long, 6480: −0.3%, 15.7%
    "2025-09-05T10:16": "ok ok ok ok ok ok breached",  # 0.71%, 114 $bn, long, 6535: +0.8%, 23.7%
}


@pytest.mark.real
def test_limits_fire_on_the_days_they_should(gex: Any, data_path: Any, limits: Any, tmp_path: Path) -> None:
    folder = data_path("chains", "cboe_csv")
    work = Work(tmp_path / "store", tmp_path / "results", spec_of(Settings(band=()), READ))
    for path in sorted(folder.glob("spx_2025-0*.csv")):
        for expected in (["SPX"], []):
            work(str(path), new := {})
            assert list(new) == expected
    work.close()
    path = limits(**DESK)
    for at, expected in DAYS.items():
        ran = gex("check", "SPX", "--results", tmp_path / "results", "--limits", path, "--at", at, "--format", "json")
        states = {each["rule"].replace("-", "_"): each["state"] for each in json.loads(ran.out)["limits"]}
        assert [states[name] for name in DESK] == expected.split(), at
        assert ran.code == (
            5 if "breached" in (states["near_flip"], states["short_gamma"]) else 6 if "unknown" in expected else 0
        )
