"""Columns packed for the page's scripts: counts in as few bytes as they need, and floats of which many are zero."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

DIGIT = 7


def counts(values: npt.ArrayLike) -> str:
    """Return whole numbers of 0 to 2^53 as base64 of LEB128: seven bits a byte, the lowest first."""
    whole = np.asarray(values).astype(np.uint64)
    digits = max(1, -(-int(whole.max(initial=0)).bit_length() // DIGIT))
    left = whole[:, None] >> (DIGIT * np.arange(digits, dtype=np.uint64))
    more = left >> np.uint64(DIGIT) > 0
    there = left > 0
    there[:, 0] = True
    return _text(((left & np.uint64(127)) + 128 * more.astype(np.uint64))[there].astype(np.uint8))


def sparse(values: npt.ArrayLike) -> dict[str, str]:
    """Return floats as 24 bits each of those that are not zero, and a bit each that says which these are.

    The 24 bits are those of a 32-bit float without the last eight, rounded: off by 2^-16, 1.5e-5 of the value, at most.
    """
    single = np.asarray(values, dtype="<f4")
    there = single != 0
    rounded = (single[there].view("<u4") + np.uint32(128)).view(np.uint8).reshape(-1, 4)
    return {"bits": _text(np.packbits(there, bitorder="little")), "values": _text(rounded[:, 1:])}


def _text(values: npt.NDArray[np.uint8]) -> str:
    return base64.b64encode(values.tobytes()).decode()
