"""What went wrong, as one line for the reader and a code for the shell."""

from __future__ import annotations

from gex.ingest.errors import ChainError, MissingError, TargetError

DONE, FAILURE, BAD_DATA, PARTIAL, BREACHED, MISSING, INTERRUPTED = 0, 1, 3, 4, 5, 6, 130


def exit_code(error: Exception) -> int:
    """Return the exit code of an error: 3 for bad data, 6 for missing data, else 1, as for what cannot be written."""
    if isinstance(error, MissingError):
        return MISSING
    if isinstance(error, TargetError):
        return FAILURE
    return BAD_DATA if isinstance(error, ChainError) else FAILURE


def one_line(error: Exception) -> str:
    """Return an error as one line; what is no known fault of the input points at the way to report it."""
    text = " ".join(str(error).split())
    if isinstance(error, ChainError):
        return text
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {text}; this is a fault of gex: please report it with the output of -vv"
