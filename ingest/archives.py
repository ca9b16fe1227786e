"""What is refused of gzip and zip files: bombs, names that climb out of a folder, archives in archives, encryption."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from gex.ingest.errors import UnreadableError

if TYPE_CHECKING:
    from pathlib import Path

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""A zip file with members, and an empty one."""
MAX_RATIO = 200
"""Bytes out for one in, beyond which an archive is a bomb: chain files shrink 5 to 30 times."""
FREE = 64 << 20
"""Bytes that any archive may hold, however well it shrinks."""
MAX_MEMBERS = 1000


def limit(packed: int) -> int:
    """Return how many bytes may come out of so many."""
    return max(FREE, MAX_RATIO * packed)


def bomb(source: str) -> UnreadableError:
    """Return the error for an archive that holds more than its limit."""
    return UnreadableError(f"an archive that unpacks to more than {MAX_RATIO} times its size: refused", source=source)


def unreadable(error: Exception, source: str) -> UnreadableError:
    """Return what opening or reading a source raised as one error that says what to do."""
    if isinstance(error, UnreadableError):
        return error
    if isinstance(error, IsADirectoryError):
        return UnreadableError("a directory, where a file is expected", source=source)
    if isinstance(error, (OSError, ValueError)) and not isinstance(error, gzip.BadGzipFile):
        return UnreadableError(f"cannot be read: {getattr(error, 'strerror', None) or error}", source=source)
    if isinstance(error, (gzip.BadGzipFile, zlib.error, zipfile.BadZipFile, EOFError)):
        return UnreadableError(f"a damaged archive ({error}); save it again", source=source)
    return UnreadableError(f"a damaged archive ({type(error).__name__}); save it again", source=source)


def check_plain(start: bytes, source: str) -> None:
    """Refuse what is packed twice.

    Raises:
        UnreadableError: The first bytes of what was unpacked are an archive's.

    """
    if start.startswith((GZIP, *ZIP)):
        raise UnreadableError("an archive within an archive; unpack the outer one first", source=source)


def members(archive: Path | IO[bytes], source: str) -> list[str]:
    """Return the names of a zip file's members, in their order.

    Raises:
        UnreadableError: It is damaged, holds no file or too many, or one that is refused.

    """
    try:
        with zipfile.ZipFile(archive) as opened:
            found = [info for info in opened.infolist() if not info.is_dir() and not _is_litter(info.filename)]
            size = opened.fp.seek(0, 2) if opened.fp else 0
    except Exception as error:  # noqa: BLE001 (what a damaged archive raises is not told beforehand)
        raise unreadable(error, source) from None
    if not found:
        raise UnreadableError("a zip file without a file in it", source=source)
    if len(found) > MAX_MEMBERS:
        raise UnreadableError(f"a zip file of {len(found)} files; at most {MAX_MEMBERS} are read", source=source)
    if sum(info.file_size for info in found) > limit(size):
        raise bomb(source)
    for info in found:
        _check(info, source)
    return _unique([info.filename for info in found], source)


def _is_litter(member: str) -> bool:
    """Tell what archivers add of their own."""
    return member.startswith("__MACOSX/") or PurePosixPath(member).name in {".DS_Store", "Thumbs.db"}


def _check(info: zipfile.ZipInfo, source: str) -> None:
    """Refuse a member that is encrypted, named to land elsewhere, or packed in a rare way."""
    place = PurePosixPath(info.filename.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in info.filename:
        raise UnreadableError(f"a zip file whose member {info.filename!r} lies outside it: refused", source=source)
    if info.flag_bits & 0x1:
        raise UnreadableError(f"{info.filename!r} in the zip file is encrypted; unpack it first", source=source)
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise UnreadableError(f"{info.filename!r} is packed by a rare method; unpack it first", source=source)


def _unique(names: list[str], source: str) -> list[str]:
    """Refuse two members of one name: which of them is meant cannot be told."""
    if len(set(names)) < len(names):
        raise UnreadableError("a zip file with two members of one name: refused", source=source)
    return names
