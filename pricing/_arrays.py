"""What the public functions accept: checks, broadcasting, and the columns the kernel reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Float64Array: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)


def as_floats(name: str, value: npt.ArrayLike) -> Float64Array:
    """Return `value` as float64, refusing what is not a regular array of real numbers.

    Raises:
        TypeError: If it holds anything else (text, objects, complex numbers, flags).
        ValueError: If its rows have different lengths.

    """
    array = _as_array(name, value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    return array.astype(np.float64, copy=False)


def as_integers(name: str, value: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Return `value` as integers to count rows with; what is beyond their range turns negative.

    Raises:
        TypeError: If it holds anything else.
        ValueError: If its rows have different lengths.

    """
    array = _as_array(name, value)
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{name} must hold integers, got dtype {array.dtype}")
    return array.astype(np.intp, copy=False)


def as_starts(name: str, value: npt.ArrayLike, rows: int, what: str) -> npt.NDArray[np.intp]:
    """Return `value` as where groups of rows begin, and where the last one ends.

    Raises:
        TypeError: If it does not hold integers.
        ValueError: If it is empty, has other than one dimension, or does not go up from 0 or more to at most `rows`.

    """
    array = as_integers(name, value)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name} must be one-dimensional and close the last group, got shape {array.shape}")
    if array[0] < 0 or array[-1] > rows or (array[1:] < array[:-1]).any():
        raise ValueError(f"{name} must go up from 0 or more to at most {rows}, the number of {what}")
    return np.ascontiguousarray(array)


def as_flags(name: str, value: npt.ArrayLike) -> BoolArray:
    """Return `value` as booleans.

    Raises:
        TypeError: If it holds anything else: 'C' and 'P' would both count as true.
        ValueError: If its rows have different lengths.

    """
    array = _as_array(name, value)
    if array.dtype.kind != "b":
        raise TypeError(f"{name} must be True or False (or an array of them), got dtype {array.dtype}")
    return array.astype(np.bool_, copy=False)


def _as_array(name: str, value: npt.ArrayLike) -> npt.NDArray[np.generic]:
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} is not a regular array: {error}") from None


class Rows(NamedTuple):
    """The arguments of a function as the kernel reads them: one value per row, or a single one for all rows."""

    shape: tuple[int, ...]
    columns: list[Float64Array]
    is_call: npt.NDArray[np.uint8]


def as_rows(is_call: npt.ArrayLike, **numbers: npt.ArrayLike) -> Rows:
    """Broadcast the arguments of a pricing function without copying those that need no copy.

    Raises:
        TypeError: If an argument holds the wrong kind of values.
        ValueError: If the shapes do not broadcast together.

    """
    arrays = {name: as_floats(name, value) for name, value in numbers.items()}
    flags = as_flags("is_call", is_call)
    shape = _common_shape({**arrays, "is_call": flags})
    columns = [_column(array, shape) for array in arrays.values()]
    return Rows(shape, columns, _column(flags, shape).view(np.uint8))


def _common_shape(arrays: Mapping[str, npt.NDArray[np.generic]]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items() if array.shape)
        raise ValueError(f"shapes do not broadcast together: {shapes}") from None


def _column(array: npt.NDArray[Scalar], shape: tuple[int, ...]) -> npt.NDArray[Scalar]:
    if array.size != 1 and array.shape != shape:
        array = np.broadcast_to(array, shape)
    return np.ascontiguousarray(array).reshape(-1)


def check_out(name: str, out: object, rows: Rows, others: Sequence[Float64Array] = ()) -> Float64Array:
    """Return `out` if the kernel can write the result into it.

    Raises:
        TypeError: If it is not an array of float64.
        ValueError: If it has another shape than the result, is read-only or not contiguous, or shares memory with an
            argument or another output.

    """
    if not isinstance(out, np.ndarray) or out.dtype != np.float64:
        raise TypeError(f"{name} must be an array of float64, got {getattr(out, 'dtype', type(out).__name__)}")
    if out.shape != rows.shape:
        raise ValueError(f"{name} must have shape {rows.shape}, got {out.shape}")
    if not (out.flags.c_contiguous and out.flags.writeable):
        raise ValueError(f"{name} must be C-contiguous and writeable")
    if any(np.may_share_memory(out, array) for array in (*rows.columns, rows.is_call, *others)):
        raise ValueError(f"{name} must not overlap an argument or another output")
    return out


def check_outputs(out: Sequence[Float64Array], names: Sequence[str], rows: Rows) -> list[Float64Array]:
    """Return the arrays of `out` if the kernel can write results of these names into them.

    Raises:
        TypeError: As `check_out`.
        ValueError: As `check_out`, or if there are more or fewer arrays than names.

    """
    if len(out) != len(names):
        raise ValueError(f"out must hold {len(names)} arrays ({', '.join(names)}), got {len(out)}")
    return [
        check_out(f"out.{name}", array, rows, others=out[:i])
        for i, (name, array) in enumerate(zip(names, out, strict=True))
    ]


def new_outputs(names: Sequence[str], rows: Rows) -> list[Float64Array]:
    """Return one new array per name, parts of one block.

    Freed one by one, arrays of some ten thousand rows would go back to the system, which hands them out again page by
    page at the next call: that takes as long as the greeks themselves.
    """
    block = np.empty((len(names), *rows.shape))
    return [block[k, ...] for k in range(len(names))]
