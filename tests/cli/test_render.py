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


WIDTH = 35
"""Of charts whose bars have room for exactly 32 columns at the most."""


def bar(value: float, **other: object) -> str:
    """Draw a bar among others from -16 to +16, a unit a column, and return what is about the zero line."""
    marks = [Bar("", 16.0), Bar("", value, **other), Bar("", -16.0)]  # type: ignore[arg-type]
    return draw(marks, Terminal(WIDTH + 1), WIDTH + 1)[1][2:]


@given(st.integers(1, 127))
def test_bars_above_zero_end_at_an_eighth_of_a_column(eighths: int) -> None:
    whole, rest = divmod(eighths, 8)
    tip = ["", *"▏▎▍▌▋▊▉"][rest]
    assert bar(eighths / 8) == " " * 16 + "│" + "▓" * whole + tip


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1e-2, "│▏"), (-1e-2, "▕│"), (0.0, "│"), (9e-3, "│"), (-9e-3, "│"),
        (-0.49, "▕│"), (-0.51, "░│"), (-1.49, "░│"), (-1.51, "░░│"), (16.0, "│" + "▓" * 16), (-16.0, "░" * 16 + "│"),
    ],
)  # fmt: skip
def test_what_is_there_at_all_shows(value: float, shown: str) -> None:
    assert bar(value).strip() == shown


@pytest.mark.parametrize("sign", [1, -1])
def test_next_to_nothing_on_the_other_side_shows_too(sign: int) -> None:
    lines = draw([Bar("", sign * 100.0), Bar("", -sign * 0.02)], Terminal(30), 30)
    assert lines[0].index("│") == lines[1].index("│")
    assert lines[1].strip() == ("▕│" if sign > 0 else "│▏")
    assert max(map(len, lines)) <= 30


@pytest.mark.parametrize(
    ("value", "inner", "shown"),
    [
        (4.5, 4.5, "│████▌"), (4.5, 2.0, "│██▓▓▌"), (4.5, 9.0, "│████▌"), (4.5, -2.0, "│▓▓▓▓▌"), (0.3, 0.3, "│▎"),
        (-4.0, -4.0, "▒▒▒▒│"), (-4.0, -1.0, "░░░▒│"), (-4.0, 1.0, "░░░░│"),
    ],
)  # fmt: skip
def test_what_expires_today_is_the_inner_part(value: float, inner: float, shown: str) -> None:
    assert bar(value, inner=inner).strip() == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(3.2, "│▓▓▓▎" + "·" * 4), (-3.0, "·" * 7 + "░░░│" + "·" * 8), (12.0, "│" + "▓" * 12), (0.0, "│" + "·" * 8)]
)  # fmt: skip
def test_what_a_bar_is_the_difference_of_lies_behind_it(value: float, shown: str) -> None:
    dots = "·" * 10 if value >= 0 else ""
    assert bar(value, reach=(-10.0, 8.0)).strip() == dots + shown


def test_an_unknown_sign_has_no_colour_and_no_pattern() -> None:
    assert bar(3.4, unsure=True).strip() == "│????"
    assert bar(-0.2, unsure=True).strip() == "?│"
    line = draw([Bar("", 3.0, unsure=True), Bar("", -3.0)], Terminal(40, DARK, truecolor=True), 40)[0]
    assert "38;2;63;182;200" not in line


def test_the_soft_colour_is_for_what_stands_beside_a_strong_one() -> None:
    terminal = Terminal(40, LIGHT, truecolor=True)
    strong, soft = "38;2;11;122;140", "38;2;169;214;221"
    alone = draw([Bar("", 3.0), Bar("", 5.0)], terminal, 40)
    parted = draw([Bar("", 3.0), Bar("", 5.0, inner=1.0)], terminal, 40)
    assert [(strong in line, soft in line) for line in alone] == [(True, False)] * 2
    assert [(strong in line, soft in line) for line in parted] == [(False, True), (True, True)]


@pytest.mark.parametrize(("sign", "shown"), [(1, "│▓▓▓▓▓»"), (-1, "«░░░░░│")])
def test_a_bar_that_would_flatten_the_others_is_cut_and_says_so(sign: int, shown: str) -> None:
    marks = [Bar("", sign * 1e6), Bar("", sign * 3.0), Bar("", sign * 6.0)]
    lines = draw(marks, Terminal(10), 10, most=6.0)
    assert lines[0].strip() == shown
    assert [sum(map(line.count, "▓░")) for line in lines[1:]] == [3, 6]


def test_rules_cross_the_zero_line() -> None:
    lines = draw([Bar("110", 5.0), Rule("105.5", "flip", "╌"), Bar("100", -5.0)], Terminal(60), 60)
    assert lines[1].index("┼") == lines[0].index("│")


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
