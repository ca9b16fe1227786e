"""What holds of every vendor's tapes, however they are cut or damaged."""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tape_shapes import shapes

from gex.ingest.errors import ChainError, FormatError
from gex.ingest.trade_schema import TRADE_COLUMNS, TRADE_SCHEMA
from gex.ingest.trades.judge import ERRORS
from gex.ingest.trades.read import read_trades
from gex.ingest.trades.registry import FORMATS

SHAPES = shapes()
OURS = {"csv", "parquet"}
"""Formats that keep the account of an earlier reading, whose rows set aside are no longer there."""
CELLS = [
    "",
    "0",
    "-1",
    "1.5",
    "x",
    '"',
    '"1"',
    "1e3",
    "nan",
    "inf",
    " 2",
    "1,2",
    "2024-06-21",
    "SPX",
    "é",
    "\r",
    "\0",
    "40",
]

each_shape = pytest.mark.parametrize("name", SHAPES)
each_text = pytest.mark.parametrize("name", [name for name in SHAPES if name.endswith(".csv")])
# tests/fuzz damages each for as long as you like.
fewer = settings(max_examples=settings().max_examples // 8)


def format_of(name):
    return name.split("-")[0].split(".")[0]


@pytest.fixture(name="read", scope="module")
def _read(tmp_path_factory):
    """Return a function that reads bytes beside what belongs beside a shape."""
    folder = tmp_path_factory.mktemp("shapes")

    def read(data, name):
        path, beside = folder / "tape", []
        path.write_bytes(data)
        for place, each in enumerate(SHAPES[name].beside):
            beside.append(folder / f"beside{place}")
            beside[-1].write_bytes(each)
        return read_trades(path, beside=beside)

    return read


def accounted(tape, name):
    """Check that every row is in its place, and every column what it should be."""
    quality = tape.quality
    assert quality.rows_in == quality.rows_kept + sum(quality.quarantined.values())
    assert tape.frame.height == quality.rows_kept
    assert tape.frame.schema == TRADE_SCHEMA
    assert set(quality.quarantined) <= set(ERRORS)
    needed = [column.name for column in TRADE_COLUMNS if not column.nullable]
    assert tape.frame.select(needed).null_count().row(0) == (0,) * len(needed)
    assert ((tape.frame["price"] > 0) & (tape.frame["size"] > 0) & (tape.frame["strike"] > 0)).all()
    if format_of(name) not in OURS:
        assert tape.source.format == format_of(name)
        assert Counter(tape.quarantine["reason"].to_list()) == quality.quarantined


@each_shape
def test_exactly_one_format_claims_the_file(name):
    assert [each.name for each in FORMATS if each.sniff(SHAPES[name].data[:8192])] == [format_of(name)]


@each_shape
def test_the_shape(read, name):
    tape = read(SHAPES[name].data, name)
    accounted(tape, name)
    assert tape.frame.height >= 2


@each_shape
def test_cut_off_anywhere(read, name):
    """Either an error, or the whole rows before the cut and the one that was cut set aside."""
    data = SHAPES[name].data
    whole = set(read(data, name).frame.drop("quality").rows())
    for end in range(0, len(data) - 1, max(len(data) // 16, 1)):
        with contextlib.suppress(ChainError):
            tape = read(data[:end], name)
            accounted(tape, name)
            again = set(tape.frame.drop("quality").rows())
            # A trade whose report of being taken back was cut off stands.
            assert len(again - whole) <= 1
            assert tape.quality.quarantined.get("cut_row", 0) <= 1


@each_shape
@fewer
@given(data=st.data())
def test_damaged_bytes_are_an_error_or_the_same_format(read, name, data):
    raw = bytearray(SHAPES[name].data)
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ChainError):
        accounted(read(bytes(raw), name), name)


@each_text
@fewer
@given(data=st.data())
def test_whatever_cells_hold_every_line_is_accounted_for(read, name, data):
    head, *lines = SHAPES[name].data.decode().splitlines()
    top = [head, lines.pop(0)] if name.startswith("csv") else [head]
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.integers(0, len(lines) - 1))
        cells = lines[place].split(",")
        cells[data.draw(st.integers(0, len(cells) - 1))] = data.draw(st.sampled_from(CELLS))
        lines[place] = ",".join(cells)
    try:
        tape = read("\n".join([*top, *lines, ""]).encode(), name)
    except FormatError:
        pytest.fail("the header was left alone")
    except ChainError:
        return
    accounted(tape, name)
    for line, text in tape.quarantine.select("line", "row").iter_rows():
        assert text == lines[line - 1 - len(top)].rstrip("\r")
    if format_of(name) not in OURS:
        assert tape.quality.rows_in == len(lines)
