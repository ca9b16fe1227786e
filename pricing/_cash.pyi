from typing import TypeAlias

import numpy as np
import numpy.typing as npt

_Float64: TypeAlias = npt.NDArray[np.float64]
_UInt8: TypeAlias = npt.NDArray[np.uint8]
_Int8: TypeAlias = npt.NDArray[np.int8]

SOLUTION: int

def american(
    columns: list[_Float64],
    is_call: _UInt8,
    ex_dates: _Float64,
    amounts: _Float64,
    price: _Float64,
    delta: _Float64,
    gamma: _Float64,
) -> None: ...
def american_implied(
    columns: list[_Float64], is_call: _UInt8, ex_dates: _Float64, amounts: _Float64, sigma: _Float64, status: _Int8
) -> None: ...
def solve(columns: list[_Float64], is_call: _UInt8, ex_dates: _Float64, amounts: _Float64, book: _Float64) -> None: ...
def book_values(book: _Float64, spot: _Float64, price: _Float64, delta: _Float64, gamma: _Float64) -> None: ...
def book_gammas(book: _Float64, spots: _Float64, weight: _Float64, out: _Float64) -> int: ...
