"""How often rules are right: what is published, what is measured, and what a table may say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from side_rules import drawn, tape

from gex.microstructure.accuracies import PUBLISHED, SITUATIONS, Accuracies, calibrated
from gex.microstructure.columns import Columns
from gex.microstructure.rules import RULES
from gex.microstructure.sides import classify

QUOTE = {"bid": 9.0, "ask": 10.0, "bid_size": 20, "ask_size": 30}


def situation(**row: Any) -> str:
    return str(SITUATIONS[Columns.of(tape([row])).situations()[0]])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"price": 9.0}, "at_quote"),
        ({"price": 10.0}, "at_quote"),
        ({"price": 9.0, "size": 20}, "at_quote_sized"),
        ({"price": 9.2}, "inside"),
        ({"price": 9.5, "size": 30}, "mid_sized"),
        ({"price": 8.9}, "outside"),
        ({"price": 10.1}, "outside"),
        ({"price": 9.0, "ask": 9.0}, "locked"),
        ({"price": 9.0, "ask": 8.0}, "crossed"),
        ({"price": 9.0, "ask": None}, "no_quote"),
        ({"price": 9.0, "ask": 0.0}, "no_quote"),
        ({"price": 9.0, "bid": 0.0}, "inside"),
        ({"price": 9.0, "ask": None, "exchange_bid": 8.0, "exchange_ask": 9.0}, "at_quote"),
        ({"price": 9.0, "size": 20, "exchange_bid_size": 1}, "at_quote"),
        ({"price": 9.0, "quality": 128}, "late"),
        ({"price": 9.0, "quality": 128, "is_complex": True}, "complex"),
    ],
)
def test_situations(row: dict[str, Any], expected: str) -> None:
    assert situation(**{**QUOTE, **row}) == expected


def test_a_trade_has_the_probability_of_its_rule_in_its_situation() -> None:
    table = Accuracies({"quote_nbbo": {"at_quote": 0.9, "at_quote_sized": 0.2, "all": 0.6}, "tick_all": {"mid": 0.7}})
    rows = [
        {**QUOTE, "price": 10.0},
        {**QUOTE, "price": 10.0, "size": 30},
        {**QUOTE, "price": 9.9},
        {**QUOTE, "price": 9.5},
        {"price": 9.4},
        {**QUOTE, "price": 10.0, "is_complex": True},
        {**QUOTE, "price": 10.0, "quality": 128},
    ]
    result = classify(tape(rows), ("quote_nbbo", "tick_all"), table)
    assert result.side.tolist() == [1, 1, 1, -1, -1, 1, 1]
    assert result.probability.tolist() == [0.9, 0.5, 0.6, 0.7, 0.5, 0.5, 0.5]
    np.testing.assert_allclose(result.expected, [0.8, 0, 0.2, -0.4, 0, 0, 0])


def test_every_rule_has_published_accuracies() -> None:
    assert set(PUBLISHED.shares) == set(RULES)
    assert all("all" in row for row in PUBLISHED.shares.values())
    table = PUBLISHED.table(list(RULES))
    assert ((table >= 0.5) & (table < 0.85)).all()
    assert (table[:, [SITUATIONS.index("late"), SITUATIONS.index("complex")]] == 0.5).all()


def test_published_accuracies_are_those_of_the_sources() -> None:
    """Recomputed by hand from the tables named in `published_rates`."""
    share = PUBLISHED.share
    assert share("rtick_all", "inside") == pytest.approx(0.5 + (3.9891 / 96.7020 + 2.7056 / 96.0292) / 2)
    assert share("tick_ex", "all") == pytest.approx(0.4958, abs=1e-4)
    assert share("quote_nbbo", "outside") == pytest.approx((0.6678 + 0.7492) / 2)
    assert share("quote_nbbo", "inside_sized") == 0.19
    # ISE: s = 0.1825 / 0.6092, u = (0.5997 - 0.19 s) / (1 - s); CBOE: s = 0.3417 / 0.66.
    assert share("quote_ex", "at_quote") == pytest.approx((0.77497 + 0.58766) / 2, abs=2e-4)
    assert share("tsize_ex", "at_quote_sized") == 0.7992
    assert share("tsize_ex", "mid_sized") == pytest.approx(0.6496)
    assert share("depth_nbbo", "mid") == pytest.approx((0.5 + (0.6814 + 0.6345) / 2) / 2)


def test_the_documents_table_is_what_is_used() -> None:
    page = (Path(__file__).parents[3] / "docs" / "microstructure.md").read_text(encoding="utf-8")
    head, *rows = re.search(r"^\| rule \| at_quote .*\n(?:\|.*\n)+", page, re.MULTILINE)[0].splitlines()
    places = [cell.strip().split(",")[0] for cell in head.split("|")[2:-1]]
    shown = {
        (cells[1].strip(" `"), place): float(cell)
        for cells in (row.split("|") for row in rows[1:])
        for place, cell in zip(places, cells[2:-1], strict=True)
        if cell.strip()
    }
    assert len(shown) > 80
    assert shown == {key: round(PUBLISHED.share(*key), 3) for key in shown}


def test_calibration_counts_and_believes() -> None:
    rows = [{**QUOTE, "price": 10.0}] * 30 + [{**QUOTE, "price": 9.9}] * 10 + [{**QUOTE, "price": 9.5}] * 5
    trades = tape(rows)
    truth = [1] * 24 + [-1] * 6 + [1] * 5 + [-1] * 3 + [0] * 2 + [1] * 5
    prior = Accuracies({"quote_nbbo": {"at_quote": 0.6, "all": 0.5}})
    found = calibrated(trades, classify(trades, "quote_nbbo"), truth, prior=prior, weight=10.0)
    assert found.trades == {"quote_nbbo": {"all": 38, "at_quote": 30, "inside": 8}}
    assert found.share("quote_nbbo", "at_quote") == pytest.approx((24 + 6) / 40)
    assert found.share("quote_nbbo", "inside") == pytest.approx((5 + 5) / 18)
    assert found.share("quote_nbbo", "all") == pytest.approx((29 + 5) / 48)
    assert found.share("quote_nbbo", "outside") == 0.5
    alone = calibrated(trades, classify(trades, "quote_nbbo"), truth, weight=0.0)
    assert alone.shares["quote_nbbo"] == {"at_quote": 0.8, "inside": 5 / 8, "all": 29 / 38}


def test_calibration_finds_the_truth_it_was_drawn_from() -> None:
    trades = drawn(3, 40_000)
    sides = classify(trades, "gsu_large")
    right = np.random.default_rng(1).random(len(trades)) < 0.7
    found = calibrated(trades, sides, np.where(right, sides.side, -sides.side))
    big = [(rule, name) for rule, row in found.trades.items() for name, count in row.items() if count > 1000]
    assert len(big) > 12
    for rule, name in big:
        error = 5 * (0.21 / found.trades[rule][name]) ** 0.5 + 50 / found.trades[rule][name] * 0.6
        assert found.share(rule, name) == pytest.approx(0.7, abs=error)


def test_calibration_refuses_what_does_not_fit() -> None:
    trades = tape([{}, {}])
    sides = classify(trades, "quote")
    with pytest.raises(ValueError, match="2 trades need"):
        calibrated(trades, sides, [1])
    with pytest.raises(ValueError, match="a truth is"):
        calibrated(trades, sides, [1, 2])
    with pytest.raises(ValueError, match="a truth is"):
        calibrated(trades, sides, [1, np.nan])
    for wrong in (-1.0, np.nan):
        with pytest.raises(ValueError, match="weight"):
            calibrated(trades, sides, [1, 1], weight=wrong)


def test_accuracies_through_a_mapping_and_back() -> None:
    text = 'name = "mine"\n[shares.tick_all]\nall = 0.55\nmid = 1\n[trades.tick_all]\nall = 12\n'
    table = Accuracies.from_dict(tomllib.loads(text))
    assert table.share("tick_all", "mid_sized") == 1.0
    assert table.share("tick_all", "locked") == 0.55
    assert table.share("quote_ex", "mid") == 0.5
    again = Accuracies.from_dict(table.as_dict())
    assert again == table
    assert again.fingerprint == table.fingerprint != PUBLISHED.fingerprint
    assert len(table.fingerprint) == 16


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "accuracies have shares"),
        ({"shares": {}, "more": 1}, "accuracies have shares"),
        ({"shares": {"best": {}}}, "unknown rule 'best'"),
        ({"shares": {"tick_all": {"middle": 0.5}}}, "unknown situation 'middle'"),
        ({"shares": {"tick_all": 0.5}}, "tick_all: .* got 0.5"),
        ({"shares": {"tick_all": {"mid": 55}}}, "tick_all, mid: .* got 55"),
        ({"shares": {"tick_all": {"mid": float("nan")}}}, "got nan"),
        ({"shares": {"tick_all": {"mid": True}}}, "got True"),
        ({"shares": {"tick_all": {"mid": "0.5"}}}, "got '0.5'"),
    ],
)
def test_tables_that_say_nothing_sensible_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Accuracies.from_dict(values)
