"""Daily histories as commands find them: folders, single files, columns, names, and what is told of their rows."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner
from histories import CBOE, daily

from gex.cli.histories import Histories, HistoryOptions, history_argument, history_of, history_options, load, read
from gex.ingest.errors import ChainError, ContentError, MissingError, UnreadableError

if TYPE_CHECKING:
    from click.testing import Result


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A folder with VIX, a user's BREADTH, and one file that is none."""
    (tmp_path / "VIX_History.csv").write_text(CBOE)
    (tmp_path / "mine.csv").write_text("date,breadth\n2025-11-14,3\n")
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    (tmp_path / "two.csv").write_text("date,dix,gex\n2025-11-14,0.4,-1e9\n")
    return tmp_path


def found(folder: Path | None, **series: str) -> Histories:
    return load(HistoryOptions(folder, series))


def test_each_history_is_read_when_it_is_asked_for(folder: Path) -> None:
    histories = found(folder)
    assert set(histories) == {"VIX", "BREADTH", "ODD", "TWO"}
    assert len(histories) == 4
    assert "vix" in histories
    assert 3 not in histories
    assert histories["vix"].column()[-1] == 19.83
    assert histories["VIX"] is histories["vix"]
    for bad in ("ODD", "TWO"):
        with pytest.raises(ChainError):
            histories[bad]
    with pytest.raises(KeyError):
        histories["SPX"]


def test_a_series_by_name_stands_before_the_folders(folder: Path) -> None:
    histories = found(folder, VIX=str(folder / "mine.csv"), GEX=f"{folder / 'two.csv'}#gex")
    assert (histories["VIX"].name, histories["VIX"].column().tolist()) == ("VIX", [3.0])
    assert (histories["GEX"].name, histories["GEX"].column().tolist()) == ("GEX", [-1e9])
    assert set(found(None, VIX="x")) == {"VIX"}


def test_two_files_of_one_name_fail_only_when_it_is_asked_for(folder: Path) -> None:
    (folder / "fred_VIX.csv").write_text(daily(1, 2))
    assert found(folder)["BREADTH"].frame.height == 1
    with pytest.raises(ContentError, match=r"VIX is in VIX_History\.csv and fred_VIX\.csv"):
        found(folder)["VIX"]
    assert found(folder, VIX=str(folder / "VIX_History.csv"))["VIX"].frame.height == 2


def test_an_argument_is_a_name_or_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    histories = found(folder)
    assert history_of(histories, "vix").name == "VIX"
    assert history_of(histories, "VIX_History.csv").name == "VIX"
    assert history_of(histories, "two.csv#dix").name == "DIX"
    Path("VIX").write_text("a file of the same name stands behind")
    assert history_of(histories, "VIX").frame.height == 2
    Path("a#b.csv").write_text(CBOE)
    assert read("a#b.csv").frame.height == 2
    with pytest.raises(MissingError, match=r"no history 'VIXX'; there are VIX; give --histories DIR or --series VIXX="):
        history_of(histories, "VIXX")
    with pytest.raises(MissingError, match="there is none at all"):
        history_of(found(None), "SPX")
    with pytest.raises(UnreadableError):
        history_of(histories, "none.csv")
    with pytest.raises(MissingError, match="no such folder"):
        found(folder / "none")


def test_what_may_change_a_figure_is_a_warning_and_the_rest_is_not(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = folder / "VVIX_History.csv"
    path.write_text("DATE,VVIX\n03/15/2006,15.71\n06/02/2006,70.27\n06/01/2006,74.08\n06/05/2006,x\n")
    with caplog.at_level(logging.INFO, logger="gex"):
        read(str(path))
    told = {record.levelname: record.getMessage() for record in caplog.records if "bad_number" in record.getMessage()}
    assert told == {
        "WARNING": f"VVIX ({path}): 1 set aside (bad_number), first in line 5: "
        "a cell is not the number that belongs there; correct it, or leave it empty"
    }
    levels = {
        code: record.levelname
        for record in caplog.records
        for code in ("known_fault", "out_of_order")
        if code in record.getMessage()
    }
    assert levels == {"known_fault": "INFO", "out_of_order": "WARNING"}


@click.command()
@history_argument
@history_options
def show(history: str, where: HistoryOptions) -> None:
    """Print a history's name and length."""
    chosen = history_of(load(where), history)
    click.echo(f"{chosen.name} {chosen.frame.height}")


def ran(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(show, [str(each) for each in arguments], env=environment)


def test_options_come_from_the_command_line_and_the_folder_from_the_environment(folder: Path) -> None:
    assert ran("VIX", "--histories", folder).output == "VIX 2\n"
    assert ran("VIX", GEX_HISTORIES=str(folder)).output == "VIX 2\n"
    assert ran("b", "--series", f"b={folder / 'mine.csv'}").output == "B 1\n"
    for text, message in {"b": "is not NAME=FILE", "=x": "is not NAME=FILE", "b=": "is not NAME=FILE"}.items():
        assert message in ran("b", "--series", text).output
    assert "B is named twice" in ran("b", "--series", "b=x", "--series", "B=y").output
