"""The picture of a series, whatever is missing in it: whole XML, every row there, nothing over the edge."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

import pytest
from series import frame_of, row, weekdays

from gex.cli.render.history_picture import HEIGHT, WIDTH, draw
from gex.cli.render.history_screen import Shown
from gex.history import history_of
from gex.plot.drawing import POSITIVE_SOFT, apart, ticks
from gex.plot.drawing import Text as Label

NONE = {"gamma_flip": None, "gamma_flip_sigma": None, "call_wall": None, "put_wall": None}
TODAY = {"zero_dte_net_gamma_usd_per_1pct": None, "zero_dte_share_of_gross": None}


def shown(*changes: dict[str, Any]) -> Shown:
    rows = [row(day) | change for day, change in zip(weekdays(len(changes)), changes, strict=True)]
    history = history_of(frame_of(rows))
    return Shown(history, history.frame.to_dicts(), list(history.reasons), "restated", "session", None)


@pytest.mark.parametrize(
    "changes",
    [
        ({},),
        ({}, {}, {}),
        (NONE, NONE),
        ({}, NONE, {}, NONE, NONE, {}),
        ({"net_gamma_usd_per_1pct": -5e9}, {"net_gamma_usd_per_1pct": -7e9}),
        ({"net_gamma_usd_per_1pct": 0.0},),
        (TODAY, {}),
        tuple({"spot": 6000.0 + n} for n in range(400)),
        ({"gamma_flip_method_low": 5890.0, "gamma_flip_method_high": 5910.0}, {}),
        ({"spot": 9.5, "gamma_flip": 9.4, "call_wall": 10.0, "put_wall": 9.0},),
        ({"positions": "<mine> & yours.csv"},),
    ],
)
def test_whatever_is_missing_the_rest_is_drawn(changes: tuple[dict[str, Any], ...]) -> None:
    series = shown(*changes)
    picture = draw(series)
    root = ET.fromstring(picture.svg())  # noqa: S314 (our own)
    assert root.tag.endswith("svg")
    for text in re.findall(r'points="([^"]*)"', picture.svg().decode()):
        for pair in text.split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT
    assert picture.svg() == draw(series).svg()


def test_a_single_session_is_no_empty_line() -> None:
    """Where one row stands alone, its flip and walls have a width."""
    text = draw(shown({})).svg().decode()
    assert all(len(points.split()) >= 2 for points in re.findall(r'polygon points="([^"]*)"', text))
    assert "1 session, restated" in text


def test_a_sign_that_is_unknown_has_no_colour() -> None:
    text = draw(shown({"regime": "near_zero"})).svg().decode()
    assert POSITIVE_SOFT not in text
    assert POSITIVE_SOFT in draw(shown({"regime": "long_gamma"})).svg().decode()


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-359.0, 624.0), (6170.0, 6620.0), (5.0, 5.0), (-1e-9, 1e-9)])
def test_ticks_are_round_and_within(low: float, high: float) -> None:
    found = ticks(low, high, 6)
    assert len(found) <= 7
    assert all(low - 1e-12 <= tick <= high + 1e-12 for tick in found)


def test_labels_move_apart_in_their_order() -> None:
    found = apart([(100.0, Label((0, 0), "b")), (99.0, Label((0, 0), "a")), (300.0, Label((0, 0), "c"))], 15)
    assert [text.text for text in found] == ["a", "b", "c"]
    places = [text.at[1] for text in found]
    assert all(later - earlier >= 14.9 for earlier, later in pairwise(places))
    assert places[2] == 300.0
