"""What holds of every vendor's files: tests/ingest/shapes has one of each shape, with made-up numbers.

A file's name begins with the name of its format.
"""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex.ingest import store
from gex.ingest.errors import ChainError, ContentError, FormatError, SpotError, TimeError, UnreadableError
from gex.ingest.read import read_chain, read_chains
from gex.ingest.readers.registry import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.ingest.schema import Chain

SHAPES = sorted((Path(__file__).parent / "shapes").iterdir())
USERS = {
    "massive_flat": {"spot": 5283.4},
    "optionsdx": {"underlying": "SPX"},
    "yfinance": {"quote_time": "2024-06-03T11:45", "spot": 5283.4},
}
"""What the user must say of a format's files."""
CELLS = ["", "0", "-1", "1.5", "x", '"', '"1"', "1e3", "nan", "inf", " 2", "1,2", "2024-06-21", "SPX", "é", "\r", "\0"]

each_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda path: path.name)
# There are two dozen shapes; tests/fuzz damages each for as long as you like.
fewer = settings(max_examples=settings().max_examples // 4)
lines_of_shapes = pytest.mark.parametrize(
    "shape", [path for path in SHAPES if path.suffix == ".csv"], ids=lambda path: path.name
)


def format_of(shape: Path) -> str:
    return shape.name.split("-")[0].removesuffix(shape.suffix)


def chains_in(path: Path, shape: Path, **options: Any) -> Iterator[Chain]:
    """Yield the chains of a file made of a shape."""
    return read_chains(path, **USERS.get(format_of(shape), {}), **options)


@functools.cache
def rows_a_line(shape: Path) -> int:
    """Return how many contracts a line of a shape holds."""
    return sum(each.quality.rows_in for each in chains_in(shape, shape)) // (len(shape.read_text().splitlines()) - 1)


@each_shape
def test_exactly_one_format_claims_the_file(shape):
    assert [each.name for each in FORMATS if each.sniff(shape.read_bytes()[:8192])] == [format_of(shape)]


@each_shape
def test_stored_and_read_again(tmp_path, shape):
    for number, chain in enumerate(chains_in(shape, shape)):
        assert chain.source.format == format_of(shape)
        again = read_chain(store.save(chain, tmp_path / str(number)))
        assert again.frame.equals(chain.frame)
        assert again.quarantine.equals(chain.quarantine)
        assert (again.source, again.quality, again.spot) == (chain.source, chain.quality, chain.spot)


@each_shape
def test_rows_are_accounted_for(accounted, shape):
    for chain in chains_in(shape, shape):
        accounted(chain)


@each_shape
def test_cut_off_anywhere(save, shape):
    """Either an error, or what is left read as what it is; the time may be that of the last row left."""
    data = shape.read_bytes()
    whole = {line for each in chains_in(shape, shape) for line in each.frame.drop("quote_time").rows()}
    for end in range(0, len(data) - 1, max(len(data) // settings().max_examples, 1)):
        with contextlib.suppress(UnreadableError, FormatError, ContentError, TimeError, SpotError):
            read = list(chains_in(save(data[:end]), shape))
            assert {line for each in read for line in each.frame.drop("quote_time").rows()} <= whole


@lines_of_shapes
def test_cut_off_after_any_line(save, shape):
    """What is left is a whole file: its first lines are read as they were."""
    header, *lines = shape.read_text().splitlines(keepends=True)
    rows = rows_a_line(shape)
    texts = {line for each in chains_in(shape, shape) for line in each.frame.drop("quote_time").rows()}
    for count in range(1, len(lines), max(len(lines) // settings().max_examples, 1)):
        read = list(chains_in(save(header + "".join(lines[:count])), shape))
        assert sum(each.quality.rows_in for each in read) == rows * count
        assert {line for each in read for line in each.frame.drop("quote_time").rows()} <= texts


@each_shape
@fewer
@given(data=st.data())
def test_damaged_bytes_are_an_error_or_the_same_format(tmp_path_factory, shape, data):
    raw = bytearray(shape.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(raw[data.draw(st.sampled_from([0, 0, 0, 1, 100])) :])
    with contextlib.suppress(ChainError):
        for chain in chains_in(path, shape, on_error=lambda _: None):
            assert chain.source.format == format_of(shape)


@lines_of_shapes
@fewer
@given(data=st.data())
def test_whatever_cells_hold_every_line_is_accounted_for(tmp_path_factory, shape, data):
    """Under its own number and text; a line is one contract or two."""
    header, *lines = shape.read_text().splitlines()
    rows = rows_a_line(shape)
    width = header.count(",") + 1
    for _ in range(data.draw(st.integers(0, 6))):
        place, column = data.draw(st.integers(0, len(lines) - 1)), data.draw(st.integers(0, width - 1))
        cells = lines[place].split(",")
        if len(cells) == width:
            lines[place] = ",".join([*cells[:column], data.draw(st.sampled_from(CELLS)), *cells[column + 1 :]])
    path = tmp_path_factory.getbasetemp() / "cells.csv"
    path.write_bytes("\n".join([header, *lines, ""]).encode())
    errors: list[ChainError] = []
    try:
        chains = list(chains_in(path, shape, on_error=errors.append))
    except ChainError:
        return
    for chain in chains:
        assert chain.quality.rows_in == chain.quality.rows_kept + sum(chain.quality.quarantined.values())
        for line, text in chain.quarantine.select("line", "row").iter_rows():
            assert text == lines[line - 2].rstrip("\r")
    if not errors:
        assert sum(chain.quality.rows_in for chain in chains) == rows * len(lines)


@each_shape
def test_years_beyond_the_calendar_are_no_dates(save, shape):
    """Polars reads years that Python has none of."""
    for year in (b"-1024", b"99999", b"0000"):
        for old in (b"2024-", b"/2024"):
            text = shape.read_bytes().replace(old, old.replace(b"2024", year))
            with contextlib.suppress(ChainError):
                for chain in chains_in(save(text), shape, on_error=lambda _: None):
                    assert chain.frame["expiration"].dt.year().is_between(1990, 2200).all()
