"""Bytes of a source, wherever they lie: a file, standard input, and what a gzip or zip file holds, read in place.

Everything is read as a stream, as often as needed; nothing is ever unpacked to disk. What can be read once only (standard
input, a pipe, an open file) is kept as it came. What is refused is told by `gex.ingest.archives`.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
import tempfile
import zipfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, TypeGuard

from gex.ingest import archives
from gex.ingest.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = 8192
"""Bytes that tell a format."""
PIECE = 1 << 20
IN_MEMORY = 64 << 20
"""Bytes of standard input that are held in memory; more go to a temporary file."""


class BinaryFile(Protocol):
    """An open file: whatever gives bytes when it is read."""

    def read(self, size: int, /) -> bytes:
        """Return at most that many bytes, none at the end."""


@dataclass(frozen=True)
class Kept:
    """What could be read once only, as a file that can be read again.

    Attributes:
        name: For messages: the path, "-" for standard input, the open file's own name or "<file>".
        spool: Its bytes.

    """

    name: str
    spool: IO[bytes]


@dataclass
class _Seen:
    """What the first reading to the end saw."""

    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Blob:
    """One file's worth of bytes.

    Attributes:
        name: For messages: the path, with the member's name behind a colon where it lies in an archive.
        path: The file it is or lies in; "-" for standard input.
        member: Its name in a zip file; None if it is no member.
        spool: What could be read once only, read in place of `path`; one reader at a time.

    """

    name: str
    path: Path
    member: str | None = None
    spool: IO[bytes] | None = None
    _seen: _Seen = field(default_factory=_Seen, repr=False, compare=False)

    @contextmanager
    def open(self, *, hashed: bool = True) -> Iterator[Stream]:
        """Open the bytes for reading, unpacked.

        Args:
            hashed: Whether this reading, if it comes to the end, should find `sha256`.

        Raises:
            UnreadableError: The file cannot be read, or is a damaged or refused archive.

        """
        with ExitStack() as stack:
            try:
                file, limit = self._unpacked(stack)
            except Exception as error:  # noqa: BLE001 (what a damaged archive raises is not told beforehand)
                raise archives.unreadable(error, self.name) from None
            yield Stream(file, self.name, limit, self._seen, hashed=hashed)

    def data(self, *, hashed: bool = True) -> bytes:
        """Return all bytes, unpacked; errors are those of `open`, and an empty source is one."""
        with self.open(hashed=hashed) as stream:
            data = stream.read()
        if not data.strip():
            raise UnreadableError("the file is empty", source=self.name)
        return data

    def head(self) -> bytes:
        """Return the first bytes, by which a format is told; errors are those of `data`."""
        with self.open() as stream:
            head = stream.read(HEAD)
        return head if head.strip() else self.data()[:HEAD]

    @property
    def sha256(self) -> str:
        """The hash of the unpacked bytes: of the first reading that came to their end, else of one made for it."""
        if self._seen.sha256 is None:
            with self.open() as stream:
                while stream.read(PIECE):
                    pass
        return self._seen.sha256 or ""

    def _unpacked(self, stack: ExitStack) -> tuple[BinaryFile, int | None]:
        """Return the stream, and how many bytes it may give if it is unpacked from fewer."""
        file = self.spool or stack.enter_context(self.path.open("rb"))
        file.seek(0)
        if self.member is not None:
            archive = stack.enter_context(zipfile.ZipFile(file))
            member = stack.enter_context(archive.open(self.member))
            archives.check_plain(member.read(4), self.name)
            member.seek(0)
            return member, None
        start = file.read(4)
        size = file.seek(0, 2)
        file.seek(0)
        if not start.startswith(archives.GZIP):
            return file, None
        archives.check_plain(gzip.GzipFile(fileobj=file, mode="rb").read(4), self.name)
        file.seek(0)
        return stack.enter_context(gzip.GzipFile(fileobj=file, mode="rb")), archives.limit(size)


class Stream:
    """A blob's bytes from the beginning; faults of the file and of its archive come as `UnreadableError`."""

    def __init__(self, file: BinaryFile, name: str, limit: int | None, seen: _Seen, *, hashed: bool) -> None:
        self._file, self._name, self._limit, self._seen = file, name, limit, seen
        self._size = 0
        self._digest = hashlib.sha256() if hashed and seen.sha256 is None else None

    def read(self, size: int | None = None) -> bytes:
        """Return that many bytes, fewer only at the end; all that are left if no size is given."""
        pieces: list[bytes] = []
        wanted = size
        while wanted is None or wanted:
            piece = self._piece(PIECE if wanted is None else wanted)
            if not piece:
                break
            pieces.append(piece)
            wanted = None if wanted is None else wanted - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _piece(self, size: int) -> bytes:
        try:
            piece = self._file.read(size)
        except Exception as error:  # noqa: BLE001 (as above)
            raise archives.unreadable(error, self._name) from None
        self._size += len(piece)
        if self._limit is not None and self._size > self._limit:
            raise archives.bomb(self._name)
        if self._digest is not None:
            self._digest.update(piece)
        if not piece:
            self._end()
        return piece

    def _end(self) -> None:
        """Note what this reading saw, and hold it against an earlier one."""
        if self._seen.size not in {None, self._size}:
            raise UnreadableError("the file changed while it was read; read it when it is complete", source=self._name)
        self._seen.size = self._size
        if self._digest is not None:
            self._seen.sha256 = self._digest.hexdigest()


@contextmanager
def kept(source: str | Path | BinaryFile | Kept) -> Iterator[str | Path | Kept]:
    """Give a source as one that can be opened again and again: standard input, pipes and open files are read to their end.

    Raises:
        UnreadableError: It cannot be read.
        TypeError: It is no path or file, or an open file gives no bytes.

    """
    if isinstance(source, Kept) or (isinstance(source, (str, Path)) and str(source) != "-" and not _is_pipe(source)):
        yield source
        return
    if not isinstance(source, (str, Path)) and not is_file(source):
        raise TypeError(f"expected a path, '-' or an open binary file, got {type(source).__name__}")
    name = _name(source)
    with ExitStack() as stack:
        spool = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))
        try:
            spool.writelines(_pieces(_file(source, stack), name))
        except TypeError:
            raise
        except Exception as error:  # noqa: BLE001 (what an open file raises is its library's to choose)
            what = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise UnreadableError(f"cannot be read: {what}", source=name) from None
        yield Kept(name, spool)


@contextmanager
def blobs(source: str | Path | BinaryFile | Kept) -> Iterator[list[Blob]]:
    """Open a source as what it holds: itself, or the members of a zip file in their order.

    Args:
        source: A path, "-" for standard input, or what `kept` takes else.

    Raises:
        UnreadableError: It cannot be read, or is an archive that is refused.
        TypeError: An open file gives no bytes.

    """
    with kept(source) as again:
        spool = again.spool if isinstance(again, Kept) else None
        name = again.name if isinstance(again, Kept) else str(again)
        whole = Blob(name, Path(name), spool=spool)
        with whole.open() as stream:
            packed = stream.read(4).startswith(archives.ZIP)
        if packed:
            members = archives.members(spool or whole.path, name)
            yield [Blob(f"{name}:{member}", whole.path, member, spool) for member in members]
        else:
            yield [whole]


def is_file(source: object) -> TypeGuard[BinaryFile]:
    """Tell whether something can be read as an open file is."""
    return callable(getattr(source, "read", None)) and not isinstance(source, type)


def _is_pipe(path: str | Path) -> bool:
    try:
        return Path(path).is_fifo()
    except (OSError, ValueError) as error:
        raise archives.unreadable(error, str(path)) from None


def _name(source: str | Path | BinaryFile) -> str:
    own = source if isinstance(source, (str, Path)) else getattr(source, "name", None)
    return str(own) if own and isinstance(own, (str, Path)) else "<file>"


def _file(source: str | Path | BinaryFile, stack: ExitStack) -> BinaryFile:
    if not isinstance(source, (str, Path)):
        return source
    return sys.stdin.buffer if str(source) == "-" else stack.enter_context(Path(source).open("rb"))


def _pieces(file: BinaryFile, name: str) -> Iterator[bytes]:
    """Yield an open file's bytes from where it stands.

    Raises:
        TypeError: It gives something else: text, or None because nothing has come yet.

    """
    while True:
        piece = file.read(PIECE)
        if not isinstance(piece, (bytes, bytearray)):
            what = f"reading {name} gives {type(piece).__name__}, not bytes"
            raise TypeError(f"{what}; open it in binary mode and blocking: open(path, 'rb')")
        if not piece:
            return
        yield piece
