from typing import final

import numpy as np
import numpy.typing as npt

QUOTE: int
TICK: int
LEE_READY: int
EMO: int
CLNV: int
DEPTH: int
TRADE_SIZE: int
LATE: int
COMPLEX: int
SITUATIONS: tuple[str, ...]

@final
class Numbers:
    @property
    def count(self) -> int: ...
    def of(self, first: npt.NDArray[np.uint64], second: npt.NDArray[np.uint64]) -> npt.NDArray[np.int32]: ...

def lags(
    price: npt.NDArray[np.float64],
    number: npt.NDArray[np.int32],
    last: npt.NDArray[np.float64],
    before: npt.NDArray[np.float64],
    out: npt.NDArray[np.float64],
) -> None: ...
def leads(
    price: npt.NDArray[np.float64],
    number: npt.NDArray[np.int32],
    coming: npt.NDArray[np.float64],
    after: npt.NDArray[np.float64],
    out: npt.NDArray[np.float64],
) -> None: ...
def tell(
    price: npt.NDArray[np.float64],
    size: npt.NDArray[np.float64],
    quotes: list[npt.NDArray[np.float64]],
    others: list[npt.NDArray[np.float64]],
    flags: npt.NDArray[np.uint8],
    rules: npt.NDArray[np.int32],
    probabilities: npt.NDArray[np.float64],
    tolerance: float,
    side: npt.NDArray[np.int8],
    rule: npt.NDArray[np.int8],
    probability: npt.NDArray[np.float64],
) -> None: ...
def situations(
    price: npt.NDArray[np.float64],
    size: npt.NDArray[np.float64],
    quotes: list[npt.NDArray[np.float64]],
    flags: npt.NDArray[np.uint8],
    out: npt.NDArray[np.int8],
) -> None: ...
