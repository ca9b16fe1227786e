"""Published levels against ours: what a convention published is traced back to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from gex.analysis import priced
from gex.compare import CONVENTIONS, Convention, compare
from gex.emulations import emulate
from gex.level_book import level_book
from gex.published import read_published
from gex.settings import Settings

KEYS = {
    "Zero Gamma": "spotgamma.zero_gamma",
    "Call Wall": "spotgamma.call_wall",
    "Put Wall": "spotgamma.put_wall",
    "HVL": "menthorq.hvl",
    "Max Pain": "common.max_pain",
}


def published(chain, settings: Settings, scope: str) -> str:
    found = level_book(priced(chain, settings), [scope]).of(scope).by_key
    return "\n".join(f"{name}: {found[key].value:.2f}" for name, key in KEYS.items() if found[key].value is not None)


def compared(chain, text: str, conventions=CONVENTIONS, settings=None):
    return compare(chain, settings or Settings(), read_published(text, 6500.0), conventions)


@pytest.fixture(name="lively", scope="module")
def _lively(make_chain):
    """Volumes that open interest says nothing of, so that conventions differ."""
    volume = np.random.default_rng(5).integers(0, 900, 246)
    return make_chain(edit=lambda frame: frame.with_columns(pl.Series("volume", volume)))


@pytest.mark.parametrize(
    ("settings", "scope", "name"),
    [
        (Settings(), "all", "as set"),
        (Settings(), "0dte", "as set"),
        (Settings(positions="volume"), "next", "volume"),
        (Settings(positions="volume"), "all", "volume"),
    ],
)
def test_a_convention_is_recognised_by_its_levels(lively, settings: Settings, scope: str, name: str) -> None:
    text = published(lively, settings, scope)
    found = compared(lively, text)
    best = found.scores[0]
    assert (best.convention, best.scope) == (name, scope)
    assert best.same == best.levels == len(text.splitlines())
    assert best.mean_distance < 0.005
    for row in found.rows:
        assert abs(row.nearest.difference) < 0.005
        assert 1 <= row.as_near <= row.tried


def test_differences_are_published_less_ours(lively) -> None:
    own = level_book(priced(lively, Settings()), ["all"]).of("all").by_key
    wall = own["spotgamma.call_wall"].value
    row = compared(lively, f"Call Wall: {wall + 7.25}", CONVENTIONS[:1]).rows[0]
    assert (row.ours.value, row.ours.difference, row.ours.convention) == (wall, 7.25, "as set")
    assert row.other is None


def test_a_name_that_says_0dte_is_held_to_0dte(lively) -> None:
    own = level_book(priced(lively, Settings()), ["0dte"]).of("0dte").by_key
    row = compared(lively, f"HVL 0DTE: {own['menthorq.hvl'].value}", CONVENTIONS[:1]).rows[0]
    assert (row.ours.scope, row.ours.difference, row.tried) == ("0dte", 0.0, 1)


def test_the_same_value_under_another_definition_is_named(lively) -> None:
    own = level_book(priced(lively, Settings()), ["all"]).of("all").by_key
    pain = own["common.max_pain"].value
    assert pain not in {each.value for key, each in own.items() if key == "spotgamma.call_wall"}
    row = compared(lively, f"Call Wall: {pain}", CONVENTIONS[:1]).rows[0]
    assert row.other.value == pain
    assert row.other.key != "spotgamma.call_wall"


def test_what_cannot_be_compared_says_why(lively) -> None:
    text = "Vol Trigger: 6480\nFoo: 12\nNet GEX: 1234.5\n1D Min: NA\nSpot: 6501\nCall Wall: 6500"
    found = compared(lively, text, CONVENTIONS[:1])
    assert (found.published_spot, found.same_moment) == (6501.0, True)
    assert compared(lively, "Spot: 6700\nHVL: 6500", CONVENTIONS[:1]).same_moment is False
    assert [row.reason for row in found.rows] == [
        "its rule is not public",
        "no vendor's level is known by this name",
        "without a unit (k, mm, bn) its scale is unknown",
        "published as none",
        "the price of the underlying, not a level",
        None,
    ]


def test_figures_with_a_unit_are_compared(lively) -> None:
    own = level_book(priced(lively, Settings()), ["all"]).of("all").by_key["common.net_gex"].value
    row = compared(lively, f"Net GEX: {own / 1e9:.6f}bn", CONVENTIONS[:1]).rows[0]
    assert row.ours.difference == pytest.approx(0.0, abs=1e3)


def test_a_convention_without_its_data_is_left_out(make_chain) -> None:
    chain = make_chain(edit=lambda frame: frame.with_columns(pl.lit(0).alias("volume"), implied_volatility=None))
    found = compared(chain, "Call Wall: 6500")
    assert "no contract has volume" in found.left_out["volume"]
    assert "no contract can be priced" in found.left_out["vendor IV"]
    assert "as set" not in found.left_out


def test_other_conventions_can_be_added(lively) -> None:
    """What no settings describe computes its own book."""

    def shifted(chain, settings, scopes):
        return level_book(priced(chain, replace(settings, move_to=6400.0)), scopes)

    text = published(lively, Settings(move_to=6400.0), "all")
    own = Convention("shifted", book=shifted)
    assert compared(lively, text, (CONVENTIONS[0], own)).scores[0].convention == "shifted"


def test_another_programs_flip_is_recognised(lively) -> None:
    flip = emulate(lively, "perfiliev").gamma_flip
    (row,) = compared(lively, f"Gamma Flip: {flip:.2f}").rows
    assert (row.nearest.convention, row.nearest.scope) == ("Perfiliev's script, emulated", "all")
    assert abs(row.nearest.difference) < 0.005
