"""`gex chart`: a file that is a picture, and a refusal that says what to do."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from gex import analyze, read_chain
from gex.cli.zero_dte import plan_of
from gex.intraday import zero_dte
from gex.plot import KINDS, ZERO_DTE_KINDS
from gex.plot import zero_dte as expiring
from gex.plot.charts import chart

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Ran


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_holds_the_chart(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path, kind: str) -> None:
    ran = gex("chart", kind, spx_csv, "--theme", "dark", "-o", tmp_path / "chart.svg")
    assert (ran.code, ran.out) == (0, "")
    written = (tmp_path / "chart.svg").read_bytes()
    assert written == chart(analyze(read_chain(spx_csv)), kind, "dark").svg()  # type: ignore[arg-type]
    assert ET.fromstring(written).tag.endswith("svg")  # noqa: S314 (our own)


@pytest.mark.parametrize("kind", ZERO_DTE_KINDS)
def test_a_file_holds_the_chart_of_what_expires(
    gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path, kind: str
) -> None:
    ran = gex("chart", kind, spx_csv, "--every", "30", "-o", tmp_path / "chart.svg")
    assert (ran.code, ran.out) == (0, "")
    view = zero_dte(read_chain(spx_csv), plan=plan_of(30.0, 1.0, 0.001))
    assert (tmp_path / "chart.svg").read_bytes() == expiring.chart(view, kind).svg()  # type: ignore[arg-type]


def test_what_expires_is_of_one_book(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path) -> None:
    ran = gex("chart", "surface", spx_csv, qqq_csv, "--merge")
    assert ran.code == 2
    assert "one SOURCE without --merge" in ran.err


def test_a_date_without_an_expiration_is_said(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("chart", "path", spx_csv, "--expirations", "2031-01-01")
    assert ran.code == 3
    assert "nothing expires on 2031-01-01" in ran.err


def test_without_a_file_it_is_svg_on_stdout(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("chart", "hedging", spx_csv)
    assert ran.code == 0
    assert ran.out.startswith("<svg ")
    assert ran.out.endswith("</svg>\n")


def test_a_png_without_matplotlib_is_refused_with_the_remedy(
    gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    ran = gex("chart", "hedging", spx_csv, "-o", tmp_path / "chart.png")
    assert ran.code == 2
    assert "pip install 'gexlab[plot]'" in ran.err
    assert not (tmp_path / "chart.png").exists()


def test_a_picture_is_of_one_book(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path, tmp_path: Path) -> None:
    ran = gex("chart", "strikes", spx_csv, qqq_csv, "-o", tmp_path / "chart.svg")
    assert ran.code == 2
    assert "one SOURCE, or --merge" in ran.err
    merged = gex("chart", "heat", spx_csv, qqq_csv, "--merge", "-o", tmp_path / "chart.svg")
    assert merged.code == 0, merged.err
    assert b"<desc>" in (tmp_path / "chart.svg").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("chart", "pie", "spx.csv"), 2, "'hedging', 'surface', 'charm', 'path', 'pin'"),
        (("chart", "heat", "nothing.csv", "-o", "x.svg"), 3, "nothing.csv"),
        (("chart", "heat", "spx.csv", "--theme", "blue"), 2, "'light', 'dark'"),
        (("chart", "heat", "spx.csv", "-o", "x.pdf"), 2, "use .svg, .png or --format"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    gex: Callable[..., Ran], arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = gex(*arguments)
    assert ran.code == code
    assert said in ran.err
