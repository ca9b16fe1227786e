"""What can be wrong with an input, as one family of errors.

Each message says what, where, what was expected and the remedy; the offending value stays on the
error, so that a program can act on it.
"""

from __future__ import annotations


class ChainError(ValueError):
    """A source that cannot be used as an option chain.

    Args:
        message: What is wrong, what was expected and how to cure it, in one line.
        source: The file or address it concerns.
        row: The line of the source, counted from 1, where one line is to blame.
        value: The offending value.

    """

    def __init__(
        self, message: str, *, source: str | None = None, row: int | None = None, value: object = None
    ) -> None:
        self.message = message
        self.source = source
        self.row = row
        self.value = value
        where = source or ""
        if row is not None:
            where += f", line {row}" if where else f"line {row}"
        super().__init__(f"{where}: {message}" if where else message)


class UnreadableError(ChainError):
    """The source is missing, empty, a directory, cut off or not text where text is expected."""


class TargetError(UnreadableError):
    """What should be written to cannot be: a full disk, a folder without permission."""


class FormatError(ChainError):
    """The source is of no known format, or of a known one with columns missing or unknown."""


class TimeError(ChainError):
    """The time of the quotes is absent or ambiguous: `--quote-time` settles it."""


class SpotError(ChainError):
    """The price of the underlying is absent or impossible: `--spot` settles it."""


class ContentError(ChainError):
    """The file is a chain, but not one that can be used: all expired, two underlyings."""


class MissingError(ChainError):
    """The store holds no snapshot that answers an address, a file no rates of a day, or a server no file of that name."""


class FeedError(ChainError):
    """A server cannot be reached, refuses, or sends something else than was asked for."""
