"""Where bytes come from: files, pipes, standard input, gzip and zip files; and the archives that are refused."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import sys
import threading
import types
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest import archives
from gex.ingest import blob as blob_module
from gex.ingest.blob import blobs
from gex.ingest.errors import ChainError, ContentError, UnreadableError
from gex.ingest.read import read_chain, read_chains

BYTES = b"one,two\n1,2\n"


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def flagged(data: bytes) -> bytes:
    """Return a zip file of one member marked as encrypted, where its data and in the directory."""
    changed = bytearray(data)
    changed[6] |= 1
    changed[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def everything(source) -> list[tuple[str, bytes]]:
    with blobs(source) as found:
        return [(each.name, each.data()) for each in found]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_file_gives_its_bytes_and_their_hash(save, pack):
    path = save(pack(BYTES))
    with blobs(path) as found:
        (blob,) = found
        assert blob.name == str(path)
        assert blob.sha256 == hashlib.sha256(BYTES).hexdigest()
        assert blob.head() == blob.data() == BYTES
        with blob.open() as stream:
            assert [stream.read(4), stream.read(), stream.read(1)] == [BYTES[:4], BYTES[4:], b""]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_members_of_a_zip_file_in_their_order(save, method):
    members = [("b/b.csv", BYTES), ("a.csv", BYTES * 2), ("__MACOSX/._a.csv", b"x"), ("b/.DS_Store", b"x"), ("b/", b"")]
    path = save(zipped(*members, method=method))
    assert everything(path) == [(f"{path}:b/b.csv", BYTES), (f"{path}:a.csv", BYTES * 2)]


@pytest.mark.parametrize("size", [10, 1 << 20], ids=["in_memory", "in_a_file"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda data: zipped(("m", data))], ids=["plain", "gzip", "zip"])
def test_standard_input_is_read_again_and_again(monkeypatch, pack, size):
    monkeypatch.setattr(blob_module, "IN_MEMORY", 1000)
    data = os.urandom(size)
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(pack(data))))
    with blobs("-") as found:
        (blob,) = found
        assert [blob.data(), blob.head(), blob.data()] == [data, data[: blob_module.HEAD], data]


def test_a_named_pipe_is_read_once_and_kept(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(BYTES,))
    writer.start()
    assert everything(pipe) == [(str(pipe), BYTES)]
    writer.join()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (gzip.compress(b""), "the file is empty"),
        (gzip.compress(BYTES)[:-9], "a damaged archive"),
        (gzip.compress(os.urandom(100))[:40], "a damaged archive"),
        (b"\x1f\x8b\x08\x00junk", "a damaged archive"),
        (gzip.compress(gzip.compress(BYTES)), "an archive within an archive"),
        (gzip.compress(zipped(("a", BYTES))), "an archive within an archive"),
        (zipped(("a.zip", zipped(("a", BYTES)))), "an archive within an archive"),
        (zipped(("a.gz", gzip.compress(BYTES))), "an archive within an archive"),
        (zipped(), "a zip file without a file in it"),
        (zipped(("folder/", b"")), "a zip file without a file in it"),
        (zipped(("a", BYTES))[:-5], "a damaged archive"),
        (b"PK\x03\x04" + b"\0" * 50, "a damaged archive"),
        (zipped(("../a", BYTES)), "lies outside it: refused"),
        (zipped(("a/../../b", BYTES)), "lies outside it: refused"),
        (zipped(("/etc/a", BYTES)), "lies outside it: refused"),
        (zipped(("..\\a", BYTES)), "lies outside it: refused"),
        (zipped(("C:\\a", BYTES)), "lies outside it: refused"),
        (flagged(zipped(("a", BYTES))), "'a' in the zip file is encrypted; unpack it first"),
        (zipped(("a", BYTES), method=zipfile.ZIP_LZMA), "packed by a rare method"),
    ],
)
def test_what_is_refused(save, content, message):
    path = save(content)
    with pytest.raises(UnreadableError, match=message) as caught:
        everything(path)
    assert str(caught.value.source).startswith(str(path))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(save):
    with pytest.raises(UnreadableError, match="two members of one name"):
        everything(save(zipped(("a", BYTES), ("a", b"other"))))


def test_too_many_members(save, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    with pytest.raises(UnreadableError, match="a zip file of 3 files; at most 2 are read"):
        everything(save(zipped(*((str(number), BYTES) for number in range(3)))))


def test_bombs(save, monkeypatch):
    monkeypatch.setattr(archives, "FREE", 1 << 20)
    for packed in (gzip.compress(b"0" * (4 << 20)), zipped(("a", b"0" * (2 << 20)), ("b", b"0" * (2 << 20)))):
        with pytest.raises(UnreadableError, match="unpacks to more than 200 times its size: refused"):
            everything(save(packed))
    assert everything(save(gzip.compress(b"0" * (1 << 20))))[0][1] == b"0" * (1 << 20)


def test_a_zip_file_whose_directory_lies_about_sizes_gives_no_more_than_it_says(save, monkeypatch):
    monkeypatch.setattr(archives, "FREE", 1 << 20)
    data = bytearray(zipped(("a", b"0" * (4 << 20))))
    directory = data.rindex(b"PK\x01\x02")
    for place in (22, directory + 24):
        data[place : place + 4] = (100).to_bytes(4, "little")
    with pytest.raises(UnreadableError, match="a damaged archive"):
        everything(save(bytes(data)))


@given(data=st.data())
def test_damaged_archives_never_crash(tmp_path_factory, data):
    packed = data.draw(st.sampled_from([gzip.compress(BYTES * 9), zipped(("a", BYTES * 9), ("b", BYTES))]))
    changed = bytearray(packed)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(changed[: data.draw(st.integers(1, len(packed)))])
    with contextlib.suppress(UnreadableError):
        everything(path)


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped(("chain.csv", data))], ids=["gzip", "zip"])
def test_a_packed_chain_is_the_chain(table, save, pack):
    plain, packed = read_chain(save(table.text(), "a")), read_chain(save(pack(table.text().encode()), "b"))
    assert packed.frame.equals(plain.frame)
    assert packed.source.sha256 == plain.source.sha256


def test_all_chains_of_a_zip_file_or_the_one_in_it(table, save):
    text = table.text()
    path = save(zipped(("1.csv", text.encode()), ("2.csv", text.replace("September 5", "September 4").encode())))
    assert [chain.quote_date.day for chain in read_chains(path)] == [5, 4]
    with pytest.raises(ContentError, match=r"several snapshots: .*:1.csv, .*:2.csv; pick one"):
        read_chain(path)


def test_snapshot_of_a_source_that_has_one(table, save):
    with pytest.raises(ContentError, match="holds one snapshot; leave --snapshot out"):
        read_chain(save(table.text()), snapshot="eod")


def test_an_error_handed_on_leaves_the_others(table, save):
    text = table.text().replace("Last: 100.5", "Last: 0")
    path = save(zipped(("1.csv", text.encode()), ("2.csv", table.text().encode())))
    errors: list[ChainError] = []
    assert len(list(read_chains(path, on_error=errors.append))) == 1
    assert "1.csv: no price of the underlying" in str(errors[0])
    with pytest.raises(ChainError, match="no price of the underlying"):
        list(read_chains(path))
