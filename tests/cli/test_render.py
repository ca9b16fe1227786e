"""Figures, lines, bars and colours, apart from any analysis."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.cli.render import figures
from gex.cli.render.bars import Bar, Rule, draw
from gex.cli.render.terminal import DARK, LIGHT, Terminal, aligned, flow

AMOUNTS = st.floats(-1e15, 1e15).filter(lambda value: abs(value) > 1e3)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (114.2e9, "+114 $bn"),
        (-1.276e9, "−1.28 $bn"),
        (26.24e9, "+26.2 $bn"),
        (999.96e6, "+1.00 $bn"),
        (705e6, "+705 $mm"),
        (-12.3e6, "−12.3 $mm"),
        (0.0, "0 $mm"),
    ],
)
def test_dollars_have_sign_unit_and_three_digits(value: float, text: str) -> None:
    assert figures.dollars(value) == text


@given(AMOUNTS)
def test_dollars_read_back_within_half_a_unit_of_the_last_digit(value: float) -> None:
    number, unit = figures.dollars(value).split()
    digits = number.replace("−", "-").replace(",", "")
    decimals = len(digits.partition(".")[2])
    scale = {"$bn": 1e9, "$mm": 1e6}[unit]
    assert float(digits) * scale == pytest.approx(value, abs=0.5000001 * scale * 10.0**-decimals)


@given(st.lists(AMOUNTS, min_size=1, max_size=8))
def test_a_column_of_money_has_one_unit_and_as_many_decimals(values: list[float]) -> None:
    money = figures.Money.spanning(values)
    texts = [money(value) for value in values]
    assert {len(text.partition(".")[2]) for text in texts if text != "0"} == {money.decimals}
    for text, value in zip(texts, values, strict=True):
        assert text[0] in ("+" if value > 0 else "−") or not re.search("[1-9]", text)


@pytest.mark.parametrize(("share", "text"), [(0.0, "0%"), (0.004, "<1%"), (0.006, "1%"), (0.236, "24%"), (1.0, "100%")])
def test_shares_are_percentages_without_decimals(share: float, text: str) -> None:
    assert figures.percent(share) == text


@pytest.mark.parametrize(
    ("strike", "text"), [(6535.0, "6535"), (357.5, "357.5"), (444.78, "444.78"), (12.125, "12.125")]
)
def test_strikes_keep_the_decimals_they_are_listed_with(strike: float, text: str) -> None:
    assert figures.strike(strike) == text


def test_levels_are_as_fine_as_the_instrument() -> None:
    assert figures.level(6469.738, 6500.0) == "6469.7"
    assert figures.level(354.318, 360.0) == "354.32"


WORDS = st.lists(st.text("abcdef ", min_size=1, max_size=40).map(str.strip).filter(bool), max_size=8)


@given(WORDS, st.integers(45, 90))
def test_flow_keeps_every_word_in_order_and_fits(parts: list[str], width: int) -> None:
    lines = flow(parts, width, indent="  ")
    assert all(len(line) <= width for line in lines)
    assert " ".join(lines).replace("·", " ").split() == " ".join(parts).split()


@given(st.lists(st.tuples(*[st.text("ab1", max_size=9)] * 3), min_size=1, max_size=6))
def test_columns_line_up(rows: list[tuple[str, ...]]) -> None:
    lines = aligned(rows, "<>>", gap="|")
    assert len({line.index("|") for line in lines}) == 1
    for line, row in zip(lines, rows, strict=True):
        assert [cell.strip() for cell in line.split("|")] == list(row)


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=1, max_size=12), st.integers(60, 120))
def test_bars_are_in_proportion_on_the_side_of_their_sign(values: list[tuple[float, float]], width: int) -> None:
    bars = [Bar(f"{at:4}", value, inner=inner) for at, (value, inner) in enumerate(values)]
    lines = draw(bars, Terminal(width), width)
    zero = {line.index("│") for line in lines}
    assert len(zero) == 1
    span = sum(max(side, default=0.0) for side in ([v for v, _ in values if v > 0], [-v for v, _ in values if v < 0]))
    for (value, inner), line in zip(values, lines, strict=True):
        assert len(line) <= width
        cells = sum(line.count(glyph) for glyph in "█▓▒░")
        expected = abs(value) / span * (width - 4 - 3 - 1) if span > 0.01 else 0
        assert cells == pytest.approx(expected, abs=1.01)
        left, right = line.split("│")
        assert not any(glyph in (left if value > 0 else right) for glyph in "█▓▒░")
        dark = line.count("█") + line.count("▒")
        assert dark <= cells
        if inner * value <= 0:
            assert dark == 0


def test_rules_cross_the_whole_chart() -> None:
    lines = draw([Bar("110", 5.0), Rule("105.5", "◄ spot"), Bar("100", -5.0)], Terminal(60), 60)
    assert lines[1].startswith("105.5 ◄ spot ─")
    assert len(lines[1]) >= len(lines[0])


def luminance(rgb: tuple[int, int, int]) -> float:
    """Relative luminance, WCAG 2.1."""
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in (c / 255 for c in rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("palette", "paper"), [(DARK, (0x0F, 0x14, 0x1A)), (LIGHT, (0xFF, 0xFF, 0xFF))])
def test_text_colours_have_contrast(palette: dict[str, tuple[int, int, int]], paper: tuple[int, int, int]) -> None:
    for token in ("ink", "muted", "positive", "negative", "alert"):
        low, high = sorted((luminance(palette[token]), luminance(paper)))
        ratio = (high + 0.05) / (low + 0.05)
        assert ratio >= 4.5, token
