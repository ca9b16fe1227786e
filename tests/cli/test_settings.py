"""Where a setting comes from: flags, then `GEX_*`, then ./gex.toml, then the user's file, then the default."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran


def vol_of(ran: Ran) -> str:
    vol: str = json.loads(ran.out)["settings"]["vol"]
    return vol


def user_file() -> Path:
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "gex" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.mark.skipif(os.name == "nt", reason="the user's file lies elsewhere on Windows")
def test_each_source_gives_way_to_the_one_above(
    gex: Callable[..., Ran], spx_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("report", spx_csv, "--format", "json")

    def shown(*flags: str) -> tuple[str, str]:
        entry = json.loads(gex("config", "show", "--format", "json", *flags).out)["vol"]
        return entry["value"], entry["origin"]

    assert (vol_of(gex(*command)), shown()) == ("reimplied", ("reimplied", "default"))
    user_file().write_text('vol = "vendor"')
    assert (vol_of(gex(*command)), shown()) == ("vendor", ("vendor", str(user_file())))
    Path("gex.toml").write_text('vol = "per-contract"\nmax-bad = "50%"')
    assert (vol_of(gex(*command)), shown()) == ("per-contract", ("per-contract", "gex.toml"))
    monkeypatch.setenv("GEX_VOL", "vendor-fitted")
    assert (vol_of(gex(*command)), shown()) == ("vendor-fitted", ("vendor-fitted", "GEX_VOL"))
    flag = ("--vol", "vendor")
    assert (vol_of(gex(*command, *flag)), shown(*flag)) == ("vendor", ("vendor", "flag"))


def test_an_unknown_setting_names_file_and_cure(gex: Callable[..., Ran]) -> None:
    Path("gex.toml").write_text("volatility = 1")
    ran = gex("report", "x.csv")
    assert ran.code == 2
    assert ran.err.startswith("gex: gex.toml: no setting is called 'volatility'; `gex config show` lists them")


def test_a_setting_of_one_command_stands_in_the_file_of_all(tmp_path: Path) -> None:
    (tmp_path / "gex.toml").write_text('adv = "500bn"')
    program = [sys.executable, "-m", "gex.cli.main", "config", "show"]
    shown = subprocess.run(program, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert re.search(r"^adv +500bn +gex\.toml", shown.stdout, re.MULTILINE)


def test_a_file_that_is_no_toml_is_a_usage_error(gex: Callable[..., Ran]) -> None:
    Path("gex.toml").write_text("vol = ")
    ran = gex("report", "x.csv")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "gex.toml" in ran.err


@pytest.mark.parametrize("name", ["spot", "quote-time", "at", "move-to", "output", "underlying"])
def test_what_belongs_to_one_file_cannot_be_a_setting(gex: Callable[..., Ran], name: str) -> None:
    Path("gex.toml").write_text(f'{name} = "1"')
    assert gex("report", "x.csv").code == 2


def test_a_curve_can_be_a_rate_or_a_file(gex: Callable[..., Ran], spx_csv: Path) -> None:
    Path("curve.csv").write_text("years,rate\n0.5,4%\n1,0.035\n")
    for given, expected in (
        ("0.05", {"years": [1.0], "rates": [0.05]}),
        ("5%", {"years": [1.0], "rates": [0.05]}),
        ("curve.csv", {"years": [0.5, 1.0], "rates": [0.04, 0.035]}),
    ):
        found = json.loads(gex("report", spx_csv, "--format", "json", "--curve", given).out)
        assert found["settings"]["curve"] == expected


def test_a_bad_curve_names_file_and_line(gex: Callable[..., Ran], spx_csv: Path) -> None:
    Path("curve.csv").write_text("years,rate\n0.5,much\n")
    ran = gex("report", spx_csv, "--curve", "curve.csv")
    assert ran.code == 3
    assert ran.err.startswith("gex: curve.csv, line 2: ")


def test_times_are_new_yorks_unless_they_say_otherwise(gex: Callable[..., Ran], spx_csv: Path) -> None:
    for given in ("2026-03-10T10:05", "2026-03-10T14:05Z", "2026-03-10 15:05+01:00"):
        found = json.loads(gex("report", spx_csv, "--format", "json", "--quote-time", given).out)
        assert found["quote_time"] == "2026-03-10T14:05:00Z"


def test_a_given_spot_is_used_and_the_files_own_still_shown(gex: Callable[..., Ran], spx_csv: Path) -> None:
    header = json.loads(gex("report", spx_csv, "--format", "json").out)["spot"]["header"]
    found = json.loads(gex("report", spx_csv, "--format", "json", "--spot", str(header + 1)).out)["spot"]
    assert (found["used"], found["header"], found["source"]) == (header + 1, header, "given")


def test_the_delay_is_taken_off(gex: Callable[..., Ran], spx_csv: Path) -> None:
    found = json.loads(gex("report", spx_csv, "--format", "json", "--delay", "20").out)
    assert found["quote_time"] == "2026-03-10T13:55:00Z"
    assert found["quality"]["delay_minutes"] == 20


def test_a_curve_by_date_is_that_of_the_quotes_date(gex: Callable[..., Ran], spx_csv: Path) -> None:
    Path("treasury.csv").write_text('Date,"1 Mo","3 Mo"\n03/11/2026,9,9\n03/10/2026,4.2,4.1\n03/09/2026,1,1\n')
    found = json.loads(gex("report", spx_csv, "--format", "json", "--curve", "treasury.csv").out)
    curve = found["settings"]["curve"]
    assert curve == {
        "years": pytest.approx([1 / 12, 0.25]),
        "rates": pytest.approx([12 * math.log(1 + 0.042 / 12), 4 * math.log(1 + 0.041 / 4)]),
    }


def test_a_curve_by_date_that_ends_too_early_is_missing(gex: Callable[..., Ran], spx_csv: Path) -> None:
    Path("fred.csv").write_text("observation_date,DGS1MO\n2025-12-31,4.2\n")
    ran = gex("report", spx_csv, "--curve", "fred.csv")
    assert (ran.code, ran.err) == (
        6,
        "gex: fred.csv, line 2: the last rates on or before 2026-03-10 are of 2025-12-31; save a newer file\n",
    )
