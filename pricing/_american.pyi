from typing import TypeAlias

import numpy as np
import numpy.typing as npt

_Float64: TypeAlias = npt.NDArray[np.float64]
_UInt8: TypeAlias = npt.NDArray[np.uint8]
_Int8: TypeAlias = npt.NDArray[np.int8]
_Int64: TypeAlias = npt.NDArray[np.int64]

def american(columns: list[_Float64], is_call: _UInt8, price: _Float64, delta: _Float64, gamma: _Float64) -> None: ...
def american_profile(
    reference: float,
    log_spots: _Float64,
    columns: list[_Float64],
    is_call: _UInt8,
    rows: int,
    out: _Float64,
) -> int: ...
def american_implied(columns: list[_Float64], is_call: _UInt8, sigma: _Float64, status: _Int8) -> None: ...

class EarlyStore:
    def __new__(cls, count: int) -> EarlyStore: ...
    def solve(
        self, columns: list[_Float64], is_call: _UInt8, first: int, end: int, low: float, high: float
    ) -> None: ...
    def age(self, young: EarlyStore, elapsed: float) -> None: ...
    def unsolved(self, out: _UInt8) -> None: ...
    def values(self, spot: float, rows: _Int64, price: _Float64, delta: _Float64, gamma: _Float64) -> None: ...
    def profile(
        self, reference: float, log_spots: _Float64, rows: _Int64, weight: _Float64, out: _Float64
    ) -> None: ...
