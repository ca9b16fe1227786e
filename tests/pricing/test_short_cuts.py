"""The compiled short cuts before the public functions: the same bits and the same errors as the functions themselves.

Each function is kept as `__wrapped__`, as functools has it: there every argument takes the way of the unusual ones.
"""

from __future__ import annotations

import inspect
import math
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gex.pricing import Greeks, gamma, greeks, higher_greeks, implied_total_volatility, implied_vol, price

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

SIDELESS: tuple[Callable[..., Any], ...] = (gamma,)
SIDED: tuple[Callable[..., Any], ...] = (price, greeks, higher_greeks)
IMPLIED: tuple[Callable[..., Any], ...] = (implied_total_volatility, implied_vol)
ALL = SIDELESS + SIDED + IMPLIED
OUTPUTS = {gamma: 1, price: 1, greeks: 7, higher_greeks: 4}
MOST_NUMBERS = {implied_total_volatility: 4, implied_vol: 5}


class Money(float):
    """A float that NumPy does not know by its type."""


class Array(np.ndarray):
    """An array that NumPy does not know by its type."""


def described(value: Any) -> Any:
    """Return what two results are compared by: types, shapes and bytes."""
    if isinstance(value, tuple):
        return type(value), tuple(map(described, value))
    if isinstance(value, np.ndarray):
        return type(value), value.dtype, value.shape, value.flags.c_contiguous, value.tobytes()
    return type(value), np.float64(value).tobytes()


def outcome(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    try:
        return described(function(*arguments, **options))
    except Exception as error:  # noqa: BLE001 -- whatever it is, both ways must lead to it
        return type(error), str(error)


def unaligned(values: np.ndarray) -> np.ndarray:
    memory = np.zeros(values.nbytes + 1, np.uint8)
    array = memory[1:].view(np.float64)
    array[:] = values
    return array


def read_only(values: np.ndarray) -> np.ndarray:
    values.flags.writeable = False
    return values


def columns(n: int) -> dict[str, Any]:
    """Return forms of n numbers around 100, some that are columns already, and some that NumPy refuses."""
    values = np.linspace(90.0, 110.0, n)
    return {
        "column": values,
        "read-only": read_only(values.copy()),
        "every other": np.repeat(values, 2)[::2],
        "backwards": values[::-1],
        "unaligned": unaligned(values),
        "subclass": values.view(Array),
        "big-endian": values.astype(">f8"),
        "float32": values.astype(np.float32),
        "float16": values.astype(np.float16),
        "long double": values.astype(np.longdouble),
        "integers": values.astype(np.int64),
        "bytes": values.astype(np.uint8),
        "list": values.tolist(),
        "in two dimensions": values[None, :],
        "standing": values[:, None],
        "masked": np.ma.masked_array(values, values > 100.0),
        "with NaN": np.where(np.arange(n) == n // 2, np.nan, values),
        "booleans": values > 100.0,
        "objects": values.astype(object),
        "text": values.astype(str),
        "complex": values.astype(np.complex128),
        "dates": np.full(n, np.datetime64("2024-01-19")),
    }


NUMBERS = {
    "float": 104.0,
    "int": 104,
    "negative": -1.0,
    "zero": 0.0,
    "minus zero": -0.0,
    "NaN": math.nan,
    "infinity": -math.inf,
    "float64": np.float64(104.0),
    "float32": np.float32(104.25),
    "int64": np.int64(104),
    "int8": np.int8(104),
    "subclass": Money(104.5),
    "without a shape": np.array(104.0),
    "of length one": np.array([104.0]),
    "2^53 + 1": 2**53 + 1,
    "2^63 - 1": 2**63 - 1,
    "2^63": 2**63,
    "2^64": 2**64,
    "-2^63 - 1": -(2**63) - 1,
    "too large for a float": 10**400,
    "True": True,
    "None": None,
    "text": "104",
    "complex": 104j,
    "object": object,
    "empty": np.empty(0),
    "date": np.datetime64("2024-01-19"),
}
FLAGS: dict[str, Any] = {
    "call": True,
    "put": False,
    "NumPy's": np.True_,
    "1": 1,
    "C": "C",
    "None": None,
    "0-d": np.array(False),
}
THREADS: dict[str, Any] = {"1": 1, "2": 2, "int64": np.int64(1), "0": 0, "1.0": 1.0, "True": True, "text": "1"}


def flags(n: int) -> dict[str, Any]:
    values = np.arange(n) % 3 == 0
    return {
        **FLAGS,
        "column": values,
        "every other": np.repeat(values, 2)[::2],
        "list": values.tolist(),
        "bytes": values.view(np.uint8),
        "short": values[:-1],
        "single": values[:1],
    }


def outputs(n: int, count: int, spot: Any) -> dict[str, Any]:
    """Return forms of `out` for `count` figures of n rows."""
    fit = [np.full(n, -1.0) for _ in range(count)]
    ruined: dict[str, Any] = {
        "short": np.zeros(n - 1),
        "long": np.zeros(n + 1),
        "float32": np.zeros(n, np.float32),
        "integers": np.zeros(n, np.int64),
        "big-endian": np.zeros(n, ">f8"),
        "read-only": read_only(np.zeros(n)),
        "every other": np.zeros(2 * n)[::2],
        "in two dimensions": np.zeros((1, n)),
        "list": [0.0] * n,
        "the argument": spot,
        "None": None,
        "number": 1.0,
        "without a shape": np.array(0.0),
    }
    if isinstance(spot, np.ndarray) and spot.flags.writeable and spot.dtype == np.float64 and spot.ndim == 1:
        ruined["end of the argument"] = spot[n // 2 :]
    if count == 1:
        return {"fit": fit[0], "unaligned": unaligned(fit[0]), **ruined}
    return {
        "fit": fit,
        "tuple": tuple(fit),
        "block": np.full((count, n), -1.0),
        "rows of a block": list(np.full((count, n), -1.0)),
        "one too few": fit[1:],
        "one too many": [*fit, np.zeros(n)],
        "twice the same": [*fit[1:], fit[1]],
        "one array": fit[0],
        "text": "seven",
        **{f"one is {name}": [*fit[:-1], form] for name, form in ruined.items()},
    }


@st.composite
def calls(draw: st.DrawFn) -> tuple[Callable[..., Any], Callable[[], tuple[list[Any], dict[str, Any]]]]:
    """Generate a function, and a way to make its arguments anew: each call may write to them."""
    function = draw(st.sampled_from(ALL))
    n, names = draw(st.integers(1, 20)), [*NUMBERS, *columns(2)]
    some = st.sampled_from([*["column"] * 20, *["float"] * 20, *names])
    chosen = draw(st.lists(some, min_size=4, max_size=MOST_NUMBERS.get(function, 6)))
    side, threads = draw(st.sampled_from(["", "", *flags(2)])), draw(st.sampled_from(["", "", "", *THREADS]))
    out = draw(st.sampled_from(["", "fit", *outputs(3, 1, np.empty(3)), *outputs(3, 7, np.empty(3))]))

    def make() -> tuple[list[Any], dict[str, Any]]:
        made = [columns(n).get(name, NUMBERS.get(name)) for name in chosen]
        options = {"is_call": flags(n)[side]} if side and function is not gamma else {}
        if threads:
            options["threads"] = THREADS[threads]
        if out and function in OUTPUTS:
            options["out"] = outputs(n, OUTPUTS[function], made[0]).get(out)
        return made, options

    return function, make


@settings(max_examples=17 * settings().max_examples)
@given(calls())
def test_both_ways_lead_to_the_same_bits_or_error(call: Any) -> None:
    function, make = call
    arguments, options = make()
    own, own_options = make()

    assert outcome(function, *arguments, **options) == outcome(function.__wrapped__, *own, **own_options)
    assert described_out(options) == described_out(own_options)


def described_out(options: dict[str, Any]) -> Any:
    """Return what has been written."""
    out = options.get("out")
    arrays = out if isinstance(out, (list, tuple)) else [out]
    return [described(array) for array in arrays if isinstance(array, np.ndarray)]


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize("others", ["numbers", "columns"])
def test_every_form_of_every_argument_is_taken_or_refused_alike(function: Any, others: str) -> None:
    for name in [*NUMBERS, *columns(7)]:
        for place in range(4):
            arguments: list[Any] = [100.0, 103.0, 0.5, 0.2] if others == "numbers" else list(np.full((4, 7), 0.9))
            arguments[place] = columns(7).get(name, NUMBERS.get(name))
            assert outcome(function, *arguments) == outcome(function.__wrapped__, *arguments), (name, place)


@pytest.mark.parametrize("function", SIDED + IMPLIED)
@pytest.mark.parametrize("strike", [103.0, np.linspace(90.0, 110.0, 7), np.empty(0)], ids=["number", "column", "empty"])
def test_every_form_of_is_call_is_taken_or_refused_alike(function: Any, strike: Any) -> None:
    quote = (5.0, 100.0, strike, 0.5) if function in IMPLIED else (100.0, strike, 0.5, 0.2)
    for name, is_call in flags(7).items():
        options = {"is_call": is_call}
        assert outcome(function, *quote, **options) == outcome(function.__wrapped__, *quote, **options), name


@pytest.mark.parametrize("function", OUTPUTS)
def test_every_form_of_out_is_taken_or_refused_alike(function: Any) -> None:
    for name in outputs(7, OUTPUTS[function], np.linspace(90.0, 110.0, 7)):
        ways = []
        for way in (function, function.__wrapped__):
            spot = np.linspace(90.0, 110.0, 7)
            out = outputs(7, OUTPUTS[function], spot)[name]
            ways.append((outcome(way, spot, 103.0, 0.5, 0.2, out=out), described_out({"out": out}), spot.tobytes()))
        assert ways[0] == ways[1], name


@pytest.mark.parametrize("function", ALL)
def test_every_form_of_threads_is_taken_or_refused_alike(function: Any) -> None:
    for name, threads in THREADS.items():
        for second in (103.0, np.linspace(90.0, 110.0, 7)):
            arguments, options = (100.0, second, 90.0, 0.2), {"threads": threads}
            assert outcome(function, *arguments, **options) == outcome(function.__wrapped__, *arguments, **options), (
                name
            )


def test_the_new_arrays_may_be_written_to_and_are_apart() -> None:
    result = greeks(100.0, np.linspace(90.0, 110.0, 7), 0.5, 0.2)
    before = np.array(result)
    result.delta[:] = 0.0

    assert isinstance(result, Greeks)
    assert all(array.flags.c_contiguous and array.flags.writeable for array in result)
    np.testing.assert_array_equal(np.delete(result, 1, axis=0), np.delete(before, 1, axis=0))


@pytest.mark.parametrize("offset", [-6, -1, 0, 1, 6])
def test_an_output_may_not_share_a_single_row_with_an_argument(offset: int) -> None:
    memory = np.linspace(80.0, 120.0, 27)
    strikes, out = memory[10:17], memory[10 + offset : 17 + offset]
    with pytest.raises(ValueError, match=r"^out must not overlap"):
        gamma(100.0, strikes, 0.5, 0.2, out=out)
    with pytest.raises(ValueError, match=r"^out\.vega must not overlap"):
        greeks(100.0, strikes, 0.5, 0.2, out=[*(np.empty(7) for _ in range(3)), out, *(np.empty(7) for _ in range(3))])


@pytest.mark.parametrize("offset", [-7, 7])
def test_an_output_may_lie_beside_an_argument(offset: int) -> None:
    memory = np.linspace(80.0, 120.0, 27)
    strikes, out = memory[10:17], memory[10 + offset : 17 + offset]
    expected = gamma(100.0, strikes.copy(), 0.5, 0.2)

    assert gamma(100.0, strikes, 0.5, 0.2, out=out) is out
    np.testing.assert_array_equal(out, expected)


def test_an_output_may_not_overlap_the_flags() -> None:
    out = np.zeros(4)
    is_call = out.view(np.bool_)[:4]
    with pytest.raises(ValueError, match=r"^out must not overlap"):
        price(100.0, 103.0, 0.5, 0.2, is_call=is_call, out=out)


@pytest.mark.parametrize("value", [2**64, 10**400, -(10**400)], ids=["2^64", "10^400", "-10^400"])
def test_an_int_beyond_64_bits_is_refused_by_name(value: int) -> None:
    with pytest.raises(TypeError, match=r"^strike must hold real numbers, got dtype object"):
        gamma(100.0, value, 0.5, 0.2)
    with pytest.raises(TypeError, match=r"^forward must hold real numbers, got dtype object"):
        implied_vol(5.0, value, 100.0, 0.5)


@pytest.mark.parametrize("function", ALL)
def test_signature_docstring_and_name_are_those_of_the_function(function: Any) -> None:
    own = inspect.signature(function, follow_wrapped=False)
    behind = inspect.signature(function.__wrapped__)

    assert [(p.name, p.kind, p.default) for p in own.parameters.values()] == [
        (p.name, p.kind, p.default) for p in behind.parameters.values()
    ]
    assert function.__doc__ == function.__wrapped__.__doc__
    assert function.__name__ == function.__wrapped__.__name__
    assert pickle.loads(pickle.dumps(function)) is function  # noqa: S301


@pytest.mark.parametrize("function", ALL)
def test_arguments_may_be_named_and_must_be_right_in_number(function: Any) -> None:
    names = list(inspect.signature(function).parameters)
    values = dict(zip(names[:4], (5.0, 100.0, 103.0, 0.5), strict=True))

    assert described(function(**values)) == described(function(*values.values()))
    with pytest.raises(TypeError, match="argument"):
        function(5.0)
    with pytest.raises(TypeError, match="argument"):
        function(*values.values(), *[1.0] * 4)
    with pytest.raises(TypeError, match="argument"):
        function(**values, unknown=1.0)


def test_implied_volatility_of_numbers_is_that_of_arrays(reference: ModuleType) -> None:
    """To the bit, out to where there is no volatility."""
    contracts = reference.wide_contracts(800, seed=51)
    forward = contracts.spot * np.exp((contracts.rate - contracts.dividend) * contracts.years)
    discount = np.exp(-contracts.rate * contracts.years)
    value = price(*contracts)
    value[::7] = [0.0, -1.0, np.nan, np.inf, 1e9] * 23
    quotes = [value, forward, contracts.strike, discount, contracts.is_call]
    rows = list(zip(*(column.tolist() for column in quotes), strict=True))
    w, status = implied_total_volatility(*quotes)
    sigma, same = implied_vol(*quotes[:3], contracts.years, *quotes[3:])
    by_row = [implied_total_volatility(*row) for row in rows]
    years = contracts.years.tolist()
    dated = [implied_vol(*row[:3], t, *row[3:]) for row, t in zip(rows, years, strict=True)]

    assert np.array([found[0] for found in by_row]).tobytes() == w.tobytes()
    assert np.array([found[0] for found in dated]).tobytes() == sigma.tobytes()
    assert [found[1] for found in by_row] == [found[1] for found in dated] == status.tolist() == same.tolist()
    assert len(set(status.tolist())) == 4


@given(st.floats(), st.floats(), st.floats(), st.floats(), st.booleans())
@example(100.0, 100.0, 0.0, 0.2, True)
@example(5e-324, 5e-324, 5e-324, 5e-324, False)
def test_any_floats_have_the_bits_of_arrays(spot: float, strike: float, years: float, sigma: float, side: bool) -> None:
    numbers = (spot, strike, years, sigma)
    arrays = [np.array([number] * 9) for number in numbers]

    for function in (greeks, higher_greeks):
        rows = np.array(function(*arrays, is_call=side))
        assert np.array(function(*numbers, is_call=side)).tobytes() == rows[:, 4].tobytes()
    assert np.float64(gamma(*numbers)).tobytes() == gamma(*arrays)[8].tobytes()
    assert np.float64(implied_vol(*numbers)[0]).tobytes() == implied_vol(*arrays)[0][0].tobytes()
