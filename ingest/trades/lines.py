"""A tape's lines as they come: a file piece by piece, or one that grows, or a pipe, as far as it has arrived."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gex.ingest import archives
from gex.ingest.blob import HEAD
from gex.ingest.errors import FormatError, UnreadableError
from gex.ingest.readers import csv_pieces
from gex.ingest.readers.csv_pieces import Piece

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gex.ingest.blob import BinaryFile

    Read = Callable[[int], bytes]


class Growing:
    """What has arrived of a file that grows, or of a pipe, which ends when its writer closes it.

    Args:
        source: A path, "-" for standard input, or an open binary file.
        follow: Seconds to wait for more of a file, or a function that waits as it likes and tells whether to look again.
        stack: Closes the file.

    """

    def __init__(self, source: str | Path | BinaryFile, follow: float | Callable[[], bool], stack: ExitStack) -> None:
        self.name = str(source) if isinstance(source, (str, Path)) else str(getattr(source, "name", "<file>"))
        try:
            self._file = _opened(source, stack)
            self._pipe = isinstance(source, (str, Path)) and (str(source) == "-" or Path(source).is_fifo())
        except OSError as error:
            raise archives.unreadable(error, self.name) from None
        self._again = follow if callable(follow) else lambda: self._waited(follow)
        self._held = b""
        self._since = time.monotonic()

    def head(self) -> bytes:
        """Return the beginning, at least the first line, or two after a mark, unless the tape ends before."""
        while (
            self._lines() < 1 + self._held.startswith(b"#") and len(self._held) < HEAD and (piece := self._more(HEAD))
        ):
            self._held += piece
        if not self._held.strip():
            raise UnreadableError("the file is empty", source=self.name)
        if self._held.startswith((archives.GZIP, *archives.ZIP)):
            raise FormatError("an archive cannot be followed; unpack it first", source=self.name)
        return self._held[:HEAD]

    def _lines(self) -> int:
        return self._held[:HEAD].count(b"\n")

    def read(self, size: int) -> bytes:
        """Return what has come, at most that many bytes; none when the tape has ended."""
        if self._held:
            held, self._held = self._held[:size], self._held[size:]
            return held
        return self._more(size)

    def _more(self, size: int) -> bytes:
        while True:
            try:
                piece = getattr(self._file, "read1", self._file.read)(size)
            except OSError as error:
                raise archives.unreadable(error, self.name) from None
            if piece:
                self._since = time.monotonic()
                return bytes(piece)
            if self._pipe or not self._again():
                return b""

    def _waited(self, seconds: float) -> bool:
        """Wait a little; tell whether the last bytes are not yet that many seconds old."""
        left = self._since + seconds - time.monotonic()
        if left > 0:
            time.sleep(min(left, 0.1))
        return left > 0


def _opened(source: str | Path | BinaryFile, stack: ExitStack) -> BinaryFile:
    if not isinstance(source, (str, Path)):
        return source
    return sys.stdin.buffer if str(source) == "-" else stack.enter_context(Path(source).open("rb"))


@contextmanager
def growing(source: str | Path | BinaryFile, follow: float | Callable[[], bool]) -> Iterator[Growing]:
    """Open a file that grows, or a pipe.

    Raises:
        UnreadableError: It cannot be opened.

    """
    with ExitStack() as stack:
        yield Growing(source, follow, stack)


def pieces(read: Read, top: int, source: str) -> Iterator[Piece]:
    """Yield whole lines as they come; a last line without its line end comes last, by itself.

    Args:
        read: Returns at most so many bytes, none at the end.
        top: Lines before the first trade.
        source: For messages.

    Raises:
        UnreadableError: A line is too long, or ends as on old Macintosh systems.

    """
    line, carried = 1, b""
    while data := read(csv_pieces.SIZE):
        end = data.rfind(b"\n") + 1
        whole, carried = (carried + data[:end], data[end:]) if end else (b"", carried + data)
        while line <= top and whole:
            _, _, whole = whole.partition(b"\n")
            line += 1
        if whole:
            yield (piece := Piece(whole, line))
            line += piece.height
        if len(carried) > csv_pieces.SIZE:
            raise UnreadableError(f"a line of more than {csv_pieces.SIZE} bytes", source=source, row=line)
    if carried.strip() and line > top:
        yield Piece(carried, line)
