"""The charts of real chains: a live morning, stale quotes, early exercise, far levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gex import analyze, read_chain
from gex.ingest.calendar import expiration_session, session_open
from gex.intraday import Plan, zero_dte
from gex.plot import KINDS, ZERO_DTE_KINDS
from gex.plot import zero_dte as expiring
from gex.plot.charts import chart
from gex.plot.drawing import Area

from .test_charts import assert_sound, texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    "name", ["spx_2025-09-05_1016", "spx_2022-12-12_2030", "qqq_2024-03-22_2146", "ndx_2022-12-12_2031"]
)
def test_real_chains_are_drawn_whole(data_path: Callable[..., Path], name: str) -> None:
    analysis = analyze(read_chain(data_path("chains", "cboe_csv", f"{name}.csv")))
    for kind in KINDS:
        drawing = chart(analysis, kind)
        assert_sound(drawing)
        assert any(isinstance(mark, Area) for mark in drawing.marks)
        assert all("nan" not in text.text and "inf" not in text.text.split() for text in texts(drawing))


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("spx_2025-09-05_1016", "SPX 0DTE: "),
        ("spx_2025-09-04_1430", "SPX 0DTE: "),
        ("qqq_2023-05-10_1510", "QQQ 0DTE: "),
        ("spx_2025-09-03_1618", "SPX Thu 09-04: "),
        ("spx_2023-12-09_1349", "SPX Mon 12-11: "),
    ],
)
def test_what_expires_is_drawn_whole(data_path: Callable[..., Path], name: str, title: str) -> None:
    chain = read_chain(data_path("chains", "cboe_csv", f"{name}.csv"))
    view = zero_dte(chain, plan=Plan(opens_at=lambda expiration: session_open(expiration_session(expiration))))
    for kind in ZERO_DTE_KINDS:
        drawing = expiring.chart(view, kind)
        assert_sound(drawing)
        assert drawing.title.startswith(title)
        assert len(drawing.svg()) < 75_000
        assert all("nan" not in text.text and "inf" not in text.text.split() for text in texts(drawing))
