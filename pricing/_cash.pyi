from typing import TypeAlias

import numpy as np
import numpy.typing as npt

_Float64: TypeAlias = npt.NDArray[np.float64]
_UInt8: TypeAlias = npt.NDArray[np.uint8]
_Int8: TypeAlias = npt.NDArray[np.int8]

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

class CashBook:
    def __init__(
        self, columns: list[_Float64], is_call: _UInt8, ex_dates: _Float64, amounts: _Float64, rows: int
    ) -> None: ...
    def values(self, spot: _Float64, price: _Float64, delta: _Float64, gamma: _Float64) -> None: ...
    def add_gammas(self, spots: _Float64, weight: _Float64, out: _Float64) -> int: ...
