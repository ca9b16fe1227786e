"""What the C library's allocator does with arrays that jobs free."""

import ctypes
import sys
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Names of glibc's parameters."""
KEPT, WHOLE = 256 << 20, 32 << 20
"""Bytes that a process keeps, and bytes from which an array has pages of its own (glibc's largest)."""


@cache
def keep_freed_arrays() -> bool:
    """Let glibc keep freed memory for the next job: left to itself, it may give pages back and fault them in again.

    In about half of all processes it does, by chance, for a tenth of an analysis' time. Elsewhere nothing is done.
    """
    if not sys.platform.startswith("linux"):
        return False
    adjust = getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(adjust and adjust(_TRIM_THRESHOLD, KEPT) and adjust(_MMAP_THRESHOLD, WHOLE))
