"""Tails of groups: the compiled loop and the plain one are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest.readers.csv_pieces import Piece
from gex.ingest.trades import _tail
from gex.ingest.trades.ragged import Tail

TAIL = Tail(7, 2, 3)
"""Seven cells, the third the own number and the last the number of groups of three."""
CELLS = st.sampled_from(["", "1", "2", "12", "012", "1234", "x", " 1", "-1", "é", "1.5"])
GROUPS = st.lists(st.tuples(st.sampled_from(["1", "2", "12", "", "x", "1 "]), CELLS, CELLS), max_size=4)


@st.composite
def lines(draw: st.DrawFn) -> str:
    """Return a line, mostly as it says."""
    groups = draw(GROUPS)
    head = [
        *draw(st.lists(CELLS, min_size=6, max_size=6)),
        draw(st.sampled_from([str(len(groups))] * 5 + ["", "9", "x"])),
    ]
    cells = [*head, *(cell for group in groups for cell in group)]
    return ",".join(cells[: draw(st.sampled_from([len(cells)] * 5 + [3, 8]))]) + draw(
        st.sampled_from(["", "", "", ",", "\r"])
    )


@given(st.lists(lines(), min_size=1, max_size=5))
def test_both_loops_are_the_same(found):
    piece = Piece("".join(f"{line}\n" for line in found).encode(), 2)
    plain = "".join(f"{TAIL.flat_line(line.removesuffix(chr(13)))}\n" for line in found)
    assert TAIL.flat(piece).data.decode() == plain
    at_once = _tail.flat(piece.data, 7, 2, 3)
    assert at_once is None or at_once.decode() == plain


@given(st.binary(max_size=60))
def test_any_bytes(data):
    assert _tail.flat(data, 7, 2, 3) is None or data.endswith(b"\n")
    assert TAIL.flat(Piece(data + b"\n", 2)).height >= 1


@pytest.mark.parametrize(
    ("line", "flat"),
    [
        ("a,b,2,c,d,e,2,1,x,y,2,p,q", "a,b,2,c,d,e,2,p,q"),
        ("a,b,2,c,d,e,2,2,x,y,2,p,q", "a,b,2,c,d,e,2,x,y"),
        ("a,b,02,c,d,e,1,2,x,y", "a,b,02,c,d,e,1,x,y"),
        ("a,b,3,c,d,e,1,2,x,y", "a,b,3,c,d,e,1,,"),
        ("a,b,3,c,d,e,0", "a,b,3,c,d,e,0,,"),
        ("a,b,3,c,d,e,0,", "a,b,3,c,d,e,0,,"),
        ("a,b,2,c,d,e,1,2,x,y,", "a,b,2,c,d,e,1,x,y"),
    ],
)
def test_lines_as_they_say(line, flat):
    assert _tail.flat(f"{line}\n{line}\r\n".encode(), 7, 2, 3) == f"{flat}\n{flat}\n".encode()


@pytest.mark.parametrize(
    "line", ["a,b,2", "a,b,2,c,d,e,1", "a,b,2,c,d,e,1,2,x", "a,b,2,c,d,e,0,2", "a,b,2,c,d,e,1,2,x,y,z", ""]
)
def test_lines_that_are_not(line):
    assert _tail.flat(f"{line}\n".encode(), 7, 2, 3) is None
    assert TAIL.flat_line(line) == ",".join(line.split(",")[:7])


def test_what_is_refused():
    good = b"a,b,2,c,d,e,0\n"
    for arguments in ((good[:-1], 7, 2, 3), (b"", 7, 2, 3), (good, 6, 2, 3), (good, 7, 6, 3), (good, 7, -1, 3)):
        assert _tail.flat(*arguments) is None
    with pytest.raises(TypeError):
        _tail.flat("text", 7, 2, 3)
