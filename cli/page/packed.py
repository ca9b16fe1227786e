"""Columns packed for the page's scripts: counts in as few bytes as they need, and floats of which many are zero."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np

from gex.cli.page.html import floats

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
    """Return floats as 32 bits each of those that are not zero, and a bit each that says which these are."""
    single = np.asarray(values, dtype="<f4")
    return {"bits": _text(np.packbits(single != 0, bitorder="little")), "values": floats(single[single != 0])}


def _text(values: npt.NDArray[np.uint8]) -> str:
    return base64.b64encode(values.tobytes()).decode()
