"""Damage as it happens to files, and as nobody would think of: bytes, cells, lines, cuts, repeats, archives."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

TOKENS = [
    b"", b"0", b"-1", b"nan", b"inf", b"1e400", b"-0.0", b"99999999999999999999", b"1,5", b'"', b'""', b"'", b"\r", b"\n",
    b"\r\n", b",", b";", b"\t", b" ", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xc3\xa9", b"null", b"true", b"[]", b"{}", b"[", b"}",
    b"2024-06-03", b"2024-02-30", b"1969-12-31T23:59", b"24:00:00", b"SPX", b"^SPX", b"SPXW250919C00100000", b"C", b"P",
    b"\x1f\x8b", b"PK\x03\x04", b"PAR1", b"\xff\xfe", b"NaN", b"9007199254740993", b"=1+1", b"../x",
]  # fmt: skip
CELL = re.compile(rb"[^,\n:{}\[\]]+")


def mutated(data: bytes, draw: random.Random) -> bytes:
    """Return the data with one to eight damages, one time in eight in an archive that may be damaged as well."""
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        if data:
            data = draw.choice(DAMAGES)(data, draw)
    if draw.random() < 0.125:
        data = draw.choice((_gzipped, _zipped))(data, draw)
        if draw.random() < 0.5:
            data = _byte(data, draw)
    return data


def _place(data: bytes, draw: random.Random) -> int:
    """Return a place: one time in three near the beginning, where formats are told."""
    return draw.randrange(min(len(data), 500) if draw.random() < 1 / 3 else len(data))


def _byte(data: bytes, draw: random.Random) -> bytes:
    at = _place(data, draw)
    return data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]


def _token(data: bytes, draw: random.Random) -> bytes:
    at = _place(data, draw)
    return data[:at] + draw.choice(TOKENS) + data[at + draw.choice((0, 0, 1, 8)) :]


def _cell(data: bytes, draw: random.Random) -> bytes:
    """Put a token, or another cell of the file, in a cell's place."""
    cells = list(CELL.finditer(data))
    if not cells:
        return data
    cell, other = draw.choice(cells), draw.choice(cells)
    return data[: cell.start()] + draw.choice((draw.choice(TOKENS), other[0])) + data[cell.end() :]


def _line(data: bytes, draw: random.Random) -> bytes:
    """Take a line out, or put one somewhere, which may be blank or of commas only."""
    lines = data.split(b"\n")
    at = draw.randrange(len(lines))
    kind = draw.random()
    if kind < 0.3:
        del lines[at]
    elif kind < 0.8:
        lines.insert(at, lines[draw.randrange(len(lines))])
    else:
        lines.insert(at, draw.choice((b"", b" ", b"," * lines[at].count(b","), b"\r")))
    return b"\n".join(lines)


def _cut(data: bytes, draw: random.Random) -> bytes:
    at = _place(data, draw)
    return draw.choice((data[:at], data[:-1], data[at:], data[:at] + data[at + draw.randrange(1, 200) :]))


def _repeated(data: bytes, draw: random.Random) -> bytes:
    at, start = _place(data, draw), _place(data, draw)
    return data[:at] + data[start : start + draw.choice((1, 30, 300, 3000, len(data)))] + data[at:]


def _zeros(data: bytes, draw: random.Random) -> bytes:
    """Blank a stretch out, as a disk does that lost a block."""
    at = _place(data, draw)
    length = min(draw.choice((1, 16, 512)), len(data) - at)
    return data[:at] + bytes(length) + data[at + length :]


def _recoded(data: bytes, draw: random.Random) -> bytes:
    return data.decode("latin-1").encode(draw.choice(("utf-8", "utf-16", "utf-16-le", "utf-8-sig")))


def _line_ends(data: bytes, draw: random.Random) -> bytes:
    return data.replace(b"\n", draw.choice((b"\r\n", b"\r", b"\n\n")))


def _gzipped(data: bytes, _draw: random.Random) -> bytes:
    return gzip.compress(data, mtime=0)


def _zipped(data: bytes, draw: random.Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in draw.choice((["a.csv"], ["a.csv", "b.csv"], ["../a.csv"], ["a.csv", "readme.txt"])):
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _byte, _byte, _token, _token, _cell, _cell, _cell, _line, _line, _cut, _repeated, _zeros, _recoded, _line_ends,
)  # fmt: skip
