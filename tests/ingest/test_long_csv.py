"""Long CSV files: the pieces, the two ways to parse them, and snapshots that stand together or lie scattered."""

from __future__ import annotations

import random
import re

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gex.ingest.blob import Blob, blobs
from gex.ingest.errors import FormatError, UnreadableError
from gex.ingest.readers import csv_pieces, long_csv, spill
from gex.ingest.readers.csv_pieces import Piece, parse, pieces
from gex.ingest.readers.long_csv import Layout, ahead, header_of, layout_of, snapshots

LAYOUT = Layout("a test", {"name": re.compile("[A-Z]+"), "day": re.compile(r"\d+")}, ("text", "number"), ("more",), frozenset({"name", "day", "text"}))  # fmt: skip
NAMES = ["name", "day", "text", "number"]
HEADER = "name,day,text,number"


def all_of(path, wanted=lambda _: True) -> list[tuple[tuple[str, ...], list[tuple], list[str]]]:
    """Return each snapshot's key, rows and their text."""
    with blobs(path) as (blob,):
        return [
            (
                found.key,
                found.rows.select("line", "defect", "text", "number").rows(),
                found.texts(found.rows["line"].to_list()),
            )
            for found in snapshots(blob, LAYOUT, wanted)
        ]


def scattered(count: int = 400, keys: int = 7, seed: int = 3) -> list[str]:
    """Return lines of several snapshots in a random order."""
    drawn = random.Random(seed)  # noqa: S311
    return [f"{drawn.choice('AB')},{drawn.randrange(keys)},t{number},{number / 8}" for number in range(count)]


@pytest.fixture(name="small")
def _small(monkeypatch):
    """Make pieces so small that a few lines fill several."""
    monkeypatch.setattr(csv_pieces, "SIZE", 200)
    monkeypatch.setattr(csv_pieces, "SLICE", 64)
    monkeypatch.setattr(spill, "HELD", 100)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_scattered_snapshots_are_those_of_the_sorted_file(save, ending):
    lines = scattered()
    together = sorted(lines, key=lambda line: [each.split(",")[:2] for each in lines].index(line.split(",")[:2]))
    apart = all_of(save(ending.join([HEADER, *lines, ""])))
    joined = all_of(save(ending.join([HEADER, *together, ""])))
    assert [key for key, _, _ in apart] == [key for key, _, _ in joined]
    for (_, rows, texts), (_, same_rows, same_texts) in zip(apart, joined, strict=True):
        assert [row[1:] for row in rows] == [row[1:] for row in same_rows]
        assert texts == same_texts
        assert [lines[line - 2] for line, *_ in rows] == texts
    assert sum(len(rows) for _, rows, _ in apart) == len(lines)


@pytest.mark.usefixtures("small")
def test_snapshots_that_stand_together_need_no_temporary_files(save, monkeypatch):
    monkeypatch.setattr(long_csv, "spilled", None)
    lines = sorted(scattered())
    assert sum(len(rows) for _, rows, _ in all_of(save("\n".join([HEADER, *lines, ""])))) == len(lines)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("lines", [scattered(), sorted(scattered())], ids=["scattered", "together"])
def test_only_what_is_wanted(save, lines):
    found = all_of(save("\n".join([HEADER, *lines, ""])), lambda key: key == ("B", "3"))
    assert [key for key, _, _ in found] == [("B", "3")]
    assert len(found[0][1]) == sum(line.startswith("B,3,") for line in lines)


@pytest.mark.usefixtures("small")
def test_bad_lines_stay_with_their_neighbours(save):
    lines = sorted(scattered(60))
    bad = {5: "A", 20: "A,0,x,1,2", 30: ",,,", 41: "A,noon,x,1", 50: 'B,1,"x'}
    for place, text in bad.items():
        lines.insert(place, text)
    found = all_of(save("\n".join([HEADER, *lines, ""])))
    assert len(found) == 14
    rows = {
        line: (defect, text) for _, rows, texts in found for (line, defect, *_), text in zip(rows, texts, strict=True)
    }
    assert sorted(rows) == list(range(2, len(lines) + 2))
    assert {line - 2: text for line, (defect, text) in rows.items() if defect} == bad
    assert rows[7][0] == rows[22][0] == rows[52][0] == "field_count"
    assert rows[32][0] == rows[43][0] == "bad_number"


TEXT = st.sampled_from(["", "a", " a ", "é", '"', '"a"', '"a,b"', 'a"b', "\r", "\0", "#", "nan", ",", "-"])
NUMBER = st.sampled_from(["", " ", "0", "-0.5", "1e3", " 7", "7 ", "nan", "NaN", "inf", "-inf", "Infinity", "1_0", "0x1", "+1", ".5", "5.", "1e400", "x", "1.5.2", "--", '"1"', "1,0"])  # fmt: skip
LINES = st.lists(
    st.tuples(st.sampled_from("AB"), st.sampled_from("12"), TEXT, NUMBER).map(",".join), min_size=1, max_size=8
)


@given(lines=LINES)
@settings(max_examples=5 * settings().max_examples)
@example(lines=["A,1,a", "A,1,a,1,2"])
@example(lines=["A,1,a,1,2", "A,1,a"])
@example(lines=['A,1,"a,1', 'A,1,a",1'])
def test_a_line_is_read_alike_wherever_it_stands(lines):
    """Beside others, beside a bad line, and alone: the same cells and the same defect."""
    numbers = frozenset({"number"})
    alone = pl.concat(
        [parse(Piece(line.encode() + b"\n", place), NAMES, numbers) for place, line in enumerate(lines, 2)]
    )
    data = "\n".join([*lines, ""]).encode()
    assert parse(Piece(data, 2), NAMES, numbers).equals(alone)
    beside = parse(Piece(data + b"bad\n", 2), NAMES, numbers)
    assert beside.head(-1).equals(alone)
    assert beside["defect"][-1] == "field_count"


def test_quotes_in_every_line_are_undone_in_one_go(monkeypatch):
    """Up to so many bytes; halved down to a few lines it would take several times as long."""
    parsed: list[Piece] = []
    monkeypatch.setattr(csv_pieces, "parse", lambda piece, *rest: parsed.append(piece) or parse(piece, *rest))
    lines = scattered(5000)
    plain = "".join(f"{line}\n" for line in lines).encode()
    quoted = "".join('{},{},"{}",{}\n'.format(*line.split(",")) for line in lines).encode()
    numbers = frozenset({"number"})
    once = csv_pieces.parse(Piece(quoted, 2), NAMES, numbers)
    assert once.equals(parse(Piece(plain, 2), NAMES, numbers))
    assert len(parsed) == 1
    monkeypatch.setattr(csv_pieces, "QUOTED", 1 << 16)
    assert csv_pieces.parse(Piece(quoted, 2), NAMES, numbers).equals(once)
    assert 2 < len(parsed) < 10


@pytest.mark.parametrize("start", [b"\x1f\x8b", b"x\x9c", b"x\x01", b"\x28\xb5\x2f\xfd"])
def test_a_piece_that_begins_like_an_archive_is_text_all_the_same(start):
    data = start.decode("cp1252").encode() + b"A,1,x,1\n"
    for piece in (Piece(data, 2), Piece(start + b"A,1,x,1\n", 2)):
        assert parse(piece, NAMES, frozenset({"number"})).select("line", "day", "number").row(0) == (2, "1", 1.0)
    assert csv_pieces.columns(start + b"A,1,x,1\n", NAMES, ["name"]) is None


@given(cut=st.integers(1, 10_000), size=st.integers(1, 400))
@settings(max_examples=100)
def test_pieces_are_the_file(tmp_path_factory, cut, size):
    data = ("\n".join([HEADER, *scattered(60)]) + "\n").encode()[: len(HEADER) + 1 + cut]
    path = tmp_path_factory.getbasetemp() / "pieces.csv"
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_pieces, "SIZE", size + len(HEADER))
        try:
            found = list(pieces(Blob(str(path), path), 4))
        except UnreadableError:
            assert not data.endswith(b"\n")
            return
    assert b"".join(piece.data for piece in found) == data.partition(b"\n")[2]
    assert [piece.line for piece in found] == [
        2 + data[len(HEADER) + 1 :].count(b"\n", 0, place) for place in _starts(found)
    ]


def _starts(found: list[Piece]) -> list[int]:
    return [sum(len(piece.data) for piece in found[:count]) for count in range(len(found))]


@pytest.mark.usefixtures("small")
def test_a_file_that_grows_while_it_is_read(save):
    path = save("\n".join([HEADER, *sorted(scattered()), ""]))
    with blobs(path) as (blob,):
        found = snapshots(blob, LAYOUT, lambda _: True)
        next(found)
        with path.open("a") as file:
            file.write("Z,9,t,1\n" * 9)
        with pytest.raises(UnreadableError, match="the file changed while it was read"):
            list(found)


def test_a_temporary_folder_that_is_full(save, small, monkeypatch):  # noqa: ARG001
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_ipc", full)
    with pytest.raises(UnreadableError, match=r"cannot write temporary files: .*No space left"):
        all_of(save("\n".join([HEADER, *scattered(), ""])))


def test_no_line_that_fits(save):
    with pytest.raises(FormatError, match="line 2: no line begins a snapshot: name 'A', day '1', or cells missing"):
        all_of(save(HEADER + "\nA,1,x,1,2\n"))


@pytest.mark.usefixtures("small")
def test_a_line_without_end(save):
    with pytest.raises(UnreadableError, match="line 2: a line of more than 200 bytes"):
        all_of(save(HEADER + "\n" + "x" * 1000))


def test_headers():
    assert header_of(b'\xef\xbb\xbfname, day ,"text",number\r\nA,1') == NAMES
    assert header_of(b"") == []
    assert layout_of([*NAMES, "more"], [LAYOUT], "f") is LAYOUT
    with pytest.raises(
        FormatError, match="f, line 1: nearly a file of a test, but it lacks day and has unknown columns 'x'"
    ):
        layout_of(["name", "text", "number", "x"], [LAYOUT], "f")


def test_working_ahead_hands_on_everything_and_the_error():
    def numbers():
        yield from range(3)
        raise FormatError("stop")

    found = []
    with pytest.raises(FormatError, match="stop"):
        found.extend(ahead(numbers()))
    assert found == [0, 1, 2]
    iterator = ahead(iter([1, 2, 3]))
    assert next(iterator) == 1
    iterator.close()
    assert list(ahead(iter([1, 2]))) == [1, 2]
