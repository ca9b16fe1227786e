from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, final

import numpy as np
import numpy.typing as npt

_Float64: TypeAlias = npt.NDArray[np.float64]
_UInt8: TypeAlias = npt.NDArray[np.uint8]
_Function = TypeVar("_Function", bound=Callable[..., Any])

@final
class Loop:
    def __call__(self, columns: list[_Float64], is_call: _UInt8, outputs: list[_Float64]) -> None: ...

GAMMA: Loop
PRICE: Loop
GREEKS: Loop
HIGHER_GREEKS: Loop
FINITE_MOVE_GAMMA: Loop

def implied_vol(columns: list[_Float64], is_call: _UInt8, outputs: list[npt.NDArray[Any]]) -> None: ...
def quick_gamma(general: _Function) -> _Function: ...
def quick(loop: Loop, result: type | None = None) -> Callable[[_Function], _Function]: ...
def quick_implied_total_volatility(statuses: tuple[int, ...]) -> Callable[[_Function], _Function]: ...
def quick_implied_vol(statuses: tuple[int, ...]) -> Callable[[_Function], _Function]: ...
