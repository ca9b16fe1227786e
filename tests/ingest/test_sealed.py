"""Sealed Parquet files: whole or refused, and never a reader's crash."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gex.ingest.errors import UnreadableError
from gex.ingest.sealed import is_sealed, metadata_of, parquet_bytes, read_sealed

if TYPE_CHECKING:
    from pathlib import Path

FRAME = pl.DataFrame(
    {
        "strike": [100.0, 105.0, None] * 40,
        "root": ["SPX", "SPXW", None] * 40,
        "option_type": pl.Series(["C", "P", "C"] * 40, dtype=pl.Enum(["C", "P"])),
        "quote_time": pl.Series([1_757_080_800_000_000] * 120, dtype=pl.Datetime("us", "UTC")),
    }
)
SEALED = parquet_bytes(FRAME, {"gex.chain": '{"spot": 6500}'}, level=3)


def without_seal() -> bytes:
    buffer = io.BytesIO()
    FRAME.write_parquet(buffer, metadata={"gex.chain": "1"})
    return buffer.getvalue()


def test_what_is_sealed_comes_back() -> None:
    frame, metadata = read_sealed(SEALED, "x")
    assert frame.equals(FRAME)
    assert frame.schema == FRAME.schema
    assert metadata["gex.chain"] == metadata_of(SEALED, "x")["gex.chain"] == '{"spot": 6500}'
    assert is_sealed(SEALED)


def test_the_same_table_gives_the_same_bytes() -> None:
    assert parquet_bytes(FRAME, {"gex.chain": '{"spot": 6500}'}, level=3) == SEALED


def test_any_program_reads_it() -> None:
    assert pq.read_table(io.BytesIO(SEALED)).num_rows == FRAME.height


def test_every_changed_byte_is_noticed() -> None:
    """But for those of the seal's name and form: then it is a file without one, whose values are what they were."""
    for place in range(len(SEALED)):
        damaged = bytearray(SEALED)
        damaged[place] ^= 0x41
        try:
            frame, _ = read_sealed(bytes(damaged), "stored.parquet")
        except UnreadableError:
            continue
        assert not is_sealed(bytes(damaged))
        assert frame.equals(FRAME)


@pytest.mark.parametrize("size", [0, 3, 8, 12, 100, len(SEALED) // 2, len(SEALED) - 1])
def test_a_file_that_is_cut_is_refused(size: int) -> None:
    for read in (read_sealed, metadata_of):
        with pytest.raises(UnreadableError):
            read(SEALED[:size], "x")


def test_a_file_without_a_seal_keeps_its_types() -> None:
    frame, metadata = read_sealed(without_seal(), "x")
    assert frame.equals(FRAME)
    assert frame.schema == FRAME.schema
    assert metadata["gex.chain"] == metadata_of(without_seal(), "x")["gex.chain"] == "1"
    assert not is_sealed(without_seal())


def test_a_seal_that_was_copied_along_does_not_hold() -> None:
    """A program that keeps the metadata while it changes rows."""
    buffer = io.BytesIO()
    FRAME.head(9).write_parquet(buffer, metadata=pl.read_parquet_metadata(io.BytesIO(SEALED)))
    assert is_sealed(buffer.getvalue())
    with pytest.raises(UnreadableError, match="damaged, or saved by another program"):
        read_sealed(buffer.getvalue(), "x")


def test_text_that_is_no_text_is_refused() -> None:
    """PyArrow hands invalid UTF-8 on; Polars takes its word for it."""
    text = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")])
    buffer = io.BytesIO()
    pq.write_table(pa.table({"root": text}), buffer)
    with pytest.raises(UnreadableError, match="not a whole Parquet file"):
        read_sealed(buffer.getvalue(), "x")


def test_damage_without_a_seal_never_ends_the_process(tmp_path: Path) -> None:
    """In a process of its own: Polars' reader asks for 2^61 bytes over some of these."""
    draw, whole = np.random.default_rng(1), without_seal()
    for number in range(300):
        damaged = bytearray(whole)
        for place in draw.integers(4, len(whole) - 8, draw.integers(1, 5)):
            damaged[place] = draw.integers(256)
        (tmp_path / f"{number}.parquet").write_bytes(damaged)
    code = """
import sys
from pathlib import Path
from gex.ingest.errors import UnreadableError
from gex.ingest.sealed import read_sealed
read = 0
for path in Path(sys.argv[1]).iterdir():
    try:
        read_sealed(path.read_bytes(), path.name)
        read += 1
    except UnreadableError:
        pass
print("ended", read)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.startswith("ended"), done.stderr[-500:]
