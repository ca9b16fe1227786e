from typing import TypeAlias

import numpy as np
import numpy.typing as npt

_Float64: TypeAlias = npt.NDArray[np.float64]
_UInt8: TypeAlias = npt.NDArray[np.uint8]
_Ints: TypeAlias = npt.NDArray[np.intp]

GAMMA: int
VANNA: int
CHARM: int
DELTA: int
CONTRACTS: int
REACH: int

def instruction_set() -> str: ...
def log_ratios(values: _Float64, base: float, out: _Float64) -> None: ...
def even_step(spots: _Float64, tolerance: float) -> float: ...
def sums_length(figure: int, spots: int) -> int: ...
def ladder_sums(
    figure: int,
    spots: _Float64,
    step: float,
    wide: bool,
    columns: list[_Float64],
    is_call: _UInt8,
    start: int,
    stop: int,
    sums: _Float64,
) -> int: ...
def ladder_total(figure: int, spots: _Float64, step: float, sums: _Float64, out: _Float64) -> None: ...
def direct_sums(
    figure: int,
    reference: float,
    log_spots: _Float64,
    step: float,
    columns: list[_Float64],
    is_call: _UInt8,
    start: int,
    stop: int,
    sums: _Float64,
) -> int: ...
def interpolate(places: _Float64, values: _Float64, out: _Float64) -> None: ...
def interpolate_groups(
    at: _Float64, at_first: _Ints, x: _Float64, y: _Float64, first: _Ints, out: _Float64
) -> None: ...
def weighted_sum(rows: int, weight: _Float64, values: _Float64) -> float: ...
def parity_forwards(
    quotes: list[_Float64],
    first: _Ints,
    discount: _Float64,
    free_discount: bool,
    figures: _Float64,
    counts: _Ints,
) -> None: ...
