"""Chains from open files: whatever gives bytes when it is read, read once, from where it stands."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import tempfile
import zipfile

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gex
from gex.ingest import blob as blob_module
from gex.ingest.blob import blobs
from gex.ingest.errors import ChainError, ContentError, FormatError, UnreadableError
from gex.ingest.read import read_chain, read_chains


class Once:
    """A file as object stores give it: no name, no seek, and no more bytes at a time than it likes."""

    def __init__(self, data: bytes, at_most: int = 1000) -> None:
        self.data, self.at_most, self.place = data, at_most, 0

    def read(self, size: int = -1) -> bytes:
        piece = self.data[self.place :][: min(size if size >= 0 else self.at_most, self.at_most)]
        self.place += len(piece)
        return piece


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda data: zipped(("c.csv", data))], ids=["", "gzip", "zip"])
@pytest.mark.parametrize(
    "opened", [io.BytesIO, Once, lambda data: io.BufferedReader(io.BytesIO(data))], ids=["memory", "once", "buffered"]
)
def test_an_open_file_is_read_as_its_path_is(table, save, opened, pack):
    data = table.text().encode()
    by_path, by_file = read_chain(save(data)), read_chain(opened(pack(data)))
    assert by_file.frame.equals(by_path.frame)
    assert by_file.source.sha256 == by_path.source.sha256 == hashlib.sha256(data).hexdigest()
    assert by_file.source.path.startswith("<file>")
    assert by_file.quality == by_path.quality


def test_it_is_named_by_its_name(table, save):
    path = save(table.text(), "table.csv")
    with path.open("rb") as file:
        assert gex.read_chain(file).source.path == str(path)
    with path.open("rb") as file, io.FileIO(file.fileno(), closefd=False) as by_number:
        assert read_chain(by_number).source.path == "<file>"
    with tempfile.NamedTemporaryFile() as file:
        file.write(table.text().encode())
        file.seek(0)
        assert [chain.source.path for chain in read_chains(file)] == [file.name]


def test_it_is_read_from_where_it_stands_and_once(table):
    data = b"something else\n" + table.text().encode()
    file = io.BytesIO(data)
    file.readline()
    assert read_chain(file).quality.rows_in == 30
    assert file.read() == b""
    with pytest.raises(UnreadableError, match="<file>: the file is empty"):
        read_chain(file)


def test_large_ones_go_to_a_temporary_file(table, monkeypatch):
    monkeypatch.setattr(blob_module, "IN_MEMORY", 100)
    assert read_chain(Once(table.text().encode())).quality.rows_in == 30


def test_several_snapshots_and_one_that_is_not_there(table):
    """Naming what a source holds takes a second reading, which an open file does not give."""
    text = table.text()
    data = zipped(("1.csv", text.encode()), ("2.csv", text.replace("September 5", "September 4").encode()))
    assert [chain.quote_date.day for chain in read_chains(io.BytesIO(data))] == [5, 4]
    with pytest.raises(ContentError, match=r"<file>: several snapshots: <file>:1.csv, <file>:2.csv; pick one"):
        read_chain(io.BytesIO(data))
    with pytest.raises(ContentError, match=r"<file>: no snapshot NDX; the source has <file>:1.csv, <file>:2.csv"):
        read_chain(io.BytesIO(data), underlying="NDX")


def test_files_beside_can_be_open_too(table):
    with pytest.raises(ContentError, match=r"<file>: a file of Cboe quote table .* completes no chain here"):
        read_chain(io.BytesIO(table.text().encode()), beside=[io.BytesIO(table.text().encode())])


@pytest.mark.parametrize("opened", [io.StringIO, lambda text: codecs.getreader("utf-8")(io.BytesIO(text.encode()))])
def test_text_is_refused_with_the_remedy(table, opened):
    with pytest.raises(TypeError, match="reading <file> gives str, not bytes; open it in binary mode"):
        read_chain(opened(table.text()))
    with pytest.raises(TypeError, match="reading <file> gives str, not bytes; open it in binary mode"):
        list(read_chains(opened("")))


def test_a_file_opened_as_text_is_named(save, table):
    path = save(table.text())
    with path.open() as file, pytest.raises(TypeError, match=rf"reading {path} gives str.*open\(path, 'rb'\)"):
        read_chain(file)


class Waiting:
    def read(self, _size: int = -1) -> None:
        """Give nothing yet, as files do that do not block."""


class Broken:
    name = "s3://bucket/chain.csv"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def read(self, _size: int = -1) -> bytes:
        raise self.error


def test_what_gives_nothing_yet_is_refused():
    with pytest.raises(TypeError, match="gives NoneType, not bytes; open it in binary mode and blocking"):
        read_chain(Waiting())


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), EOFError(), RuntimeError("connection lost")])
def test_what_fails_while_it_is_read_is_an_error_of_ours(error):
    with pytest.raises(UnreadableError, match=r"s3://bucket/chain\.csv: cannot be read: ") as caught:
        read_chain(Broken(error))
    assert (getattr(error, "strerror", None) or str(error) or "EOFError") in str(caught.value)


def test_a_closed_file(table):
    file = io.BytesIO(table.text().encode())
    file.close()
    with pytest.raises(UnreadableError, match="<file>: cannot be read: I/O operation on closed file"):
        read_chain(file)


@pytest.mark.parametrize("source", [None, 5, 1.5, b"bytes", [b"bytes"], object(), pl.DataFrame])
def test_what_is_no_source(source):
    with pytest.raises(TypeError, match="expected a path, '-', an open binary file"):
        read_chain(source)
    with pytest.raises(TypeError, match="expected a path, '-'"):
        list(read_chains(source))
    with pytest.raises(TypeError, match="expected a path, '-'"), blobs(source):
        pass


def test_tables_are_for_read_chain():
    with pytest.raises(TypeError, match="expected a path, '-' or an open binary file, got DataFrame"):
        list(read_chains(pl.DataFrame({"root": ["SPX"]})))
    with pytest.raises(FormatError):
        read_chain(pl.DataFrame({"root": ["SPX"]}))


@given(data=st.binary(max_size=200), at_most=st.integers(1, 50))
def test_any_bytes_are_the_same_error_as_from_a_path(tmp_path_factory, data, at_most):
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(data)
    with pytest.raises(ChainError) as by_path:
        read_chain(path)
    with pytest.raises(ChainError) as by_file:
        read_chain(Once(data, at_most))
    assert by_file.value.message == by_path.value.message
