"""What the functions accept, refuse and mark as not priceable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gex.pricing import Greeks, Status, gamma, greeks, higher_greeks, implied_total_volatility, implied_vol, price

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

NAMES = ("spot", "strike", "years", "sigma", "rate", "dividend")
POSITIVE = NAMES[:4]
BAD = [(name, value) for name in NAMES for value in (np.nan, np.inf, -np.inf)]
BAD += [(name, value) for name in POSITIVE for value in (0.0, -0.0, -1.0)]


def one_contract(**changed: Any) -> dict[str, Any]:
    return {
        "spot": 100.0,
        "strike": 105.0,
        "years": 0.5,
        "sigma": 0.2,
        "rate": 0.03,
        "dividend": 0.01,
        **changed,
    }


@pytest.mark.parametrize(("name", "value"), BAD)
@pytest.mark.parametrize("is_call", [True, False])
def test_one_bad_number_makes_every_figure_nan(name: str, value: float, is_call: bool) -> None:
    contract = one_contract(**{name: value})

    assert np.isnan(greeks(**contract, is_call=is_call)).all()
    assert np.isnan(price(**contract, is_call=is_call))
    assert np.isnan(gamma(**contract))


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_row_leaves_its_neighbours_alone(name: str, value: float, reference: ModuleType) -> None:
    columns = dict(zip((*NAMES, "is_call"), (c.copy() for c in reference.wide_contracts(301, seed=3)), strict=True))
    before = np.array(greeks(**columns))
    columns[name][137] = value
    after = np.array(greeks(**columns))

    assert np.isnan(after[:, 137]).all()
    np.testing.assert_array_equal(np.delete(after, 137, axis=1), np.delete(before, 137, axis=1))
    assert np.isfinite(before).all()


@pytest.mark.parametrize("field", ["rate", "dividend"])
def test_rates_beyond_the_range_of_exp_are_not_priced(field: str) -> None:
    assert np.isnan(greeks(**one_contract(years=10.0, **{field: 75.0}))).all()
    assert np.isfinite(greeks(**one_contract(years=10.0, **{field: 60.0}))).all()


def test_scalars_give_floats_and_arrays_give_arrays() -> None:
    assert type(gamma(**one_contract())) is float
    assert type(price(**one_contract(spot=100))) is float
    assert {type(value) for value in greeks(**one_contract(sigma=np.float64(0.2)))} == {float}
    assert {type(value) for value in greeks(**one_contract(sigma=np.array(0.2)))} == {float}
    assert {type(value) for value in greeks(**one_contract(sigma=[0.2]))} == {np.ndarray}
    assert isinstance(greeks(**one_contract()), Greeks)


def test_arguments_broadcast_like_numpy() -> None:
    strikes, years = np.linspace(80.0, 120.0, 5), np.array([[0.1], [0.5], [1.0]])
    table = greeks(100.0, strikes, years, 0.2, 0.03, is_call=np.array([True, False, True, False, True]))

    assert table.delta.shape == (3, 5)
    for i, t in enumerate(years[:, 0]):
        for j, strike in enumerate(strikes):
            one = greeks(100.0, float(strike), float(t), 0.2, 0.03, is_call=j % 2 == 0)
            assert tuple(field[i, j] for field in table) == tuple(one)


@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 255, 256, 257, 300, 513])
def test_every_length_gives_the_same_bits_row_by_row(n: int, reference: ModuleType) -> None:
    """Blocks hold 256 rows and loops 8: no length may change what a row gives."""
    contracts = reference.wide_contracts(600, seed=21)
    whole = np.array(greeks(*contracts))
    part = np.array(greeks(*(column[-n:] for column in contracts)))

    np.testing.assert_array_equal(part, whole[:, -n:])
    np.testing.assert_array_equal(gamma(*(c[-n:] for c in contracts[:6])), gamma(*contracts[:6])[-n:])


@pytest.mark.parametrize("shape", [(0,), (3, 0)])
def test_empty_arrays_give_empty_arrays(shape: tuple[int, ...]) -> None:
    empty = np.empty(shape)

    assert gamma(100.0, empty, 0.5, 0.2).shape == shape
    assert greeks(100.0, empty, 0.5, 0.2).charm.shape == shape
    assert implied_vol(empty, 100.0, 100.0, 1.0)[0].shape == shape


@pytest.mark.parametrize(
    "wrap",
    [
        list,
        pd.Series,
        pl.Series,
        lambda x: x[::-1][::-1],
        lambda x: np.repeat(x, 3)[::3],
        lambda x: np.asfortranarray(np.stack([x, x]))[0],
        lambda x: x.astype(">f8"),
        lambda x: x.astype(np.longdouble),
        lambda x: np.frombuffer(b"." + x.tobytes(), np.uint8)[1:].view(np.float64),
        lambda x: x.astype(np.int16),
        lambda x: x.astype(np.float16),
    ],
    ids=[
        "list",
        "pandas",
        "polars",
        "negative strides",
        "strided",
        "fortran",
        "big-endian",
        "long double",
        "unaligned",
        "integers",
        "half precision",
    ],
)
def test_any_array_like_of_reals_is_read(wrap: Callable[[Any], Any]) -> None:
    strikes = np.linspace(80.0, 120.0, 41)

    np.testing.assert_array_equal(gamma(100.0, wrap(strikes), 0.5, 0.2), gamma(100.0, strikes, 0.5, 0.2))


def test_read_only_inputs_are_read_and_left_unchanged() -> None:
    strikes = np.linspace(80.0, 120.0, 41)
    strikes.flags.writeable = False
    flags = np.arange(41) % 2 == 0
    flags.flags.writeable = False
    copy = strikes.copy()
    greeks(100.0, strikes, 0.5, 0.2, is_call=flags)

    np.testing.assert_array_equal(strikes, copy)


def test_integers_count_as_numbers() -> None:
    assert gamma(100, np.array([100]), 1, 0.2).item() == gamma(100.0, 100.0, 1.0, 0.2)


@pytest.mark.parametrize(
    "value",
    ["100", 1j, None, True, np.array([True]), np.array(["a"]), [object()], np.array(["2024-01-01"], "M8[D]")],
    ids=["text", "complex", "None", "bool", "bool array", "text array", "object", "date"],
)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_a_real_number_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=rf"^{name} must hold real numbers, got dtype "):
        gamma(**one_contract(**{name: value}))


@pytest.mark.parametrize("value", ["C", 1, [1.0], None, np.array(["C", "P"])])
def test_only_booleans_tell_calls_from_puts(value: object) -> None:
    with pytest.raises(TypeError, match=r"^is_call must be True or False"):
        greeks(**one_contract(), is_call=value)  # type: ignore[call-overload]


def test_shapes_that_do_not_broadcast_are_named() -> None:
    with pytest.raises(ValueError, match=r"do not broadcast together: strike \(3,\), sigma \(4,\)"):
        gamma(100.0, np.ones(3), 1.0, np.ones(4))
    with pytest.raises(ValueError, match=r"is_call \(2,\)"):
        price(100.0, np.ones(3), 1.0, 0.2, is_call=[True, False])


def test_ragged_lists_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"^strike is not a regular array"):
        gamma(100.0, [[1.0], [1.0, 2.0]], 1.0, 0.2)


def test_out_receives_the_result() -> None:
    strikes = np.linspace(80.0, 120.0, 41)
    one, seven = np.empty(41), [np.empty(41) for _ in range(7)]

    assert gamma(100.0, strikes, 0.5, 0.2, out=one) is one
    np.testing.assert_array_equal(one, gamma(100.0, strikes, 0.5, 0.2))
    result = greeks(100.0, strikes, 0.5, 0.2, out=seven)
    assert all(a is b for a, b in zip(result, seven, strict=True))
    np.testing.assert_array_equal(np.array(seven), np.array(greeks(100.0, strikes, 0.5, 0.2)))
    assert price(100.0, strikes, 0.5, 0.2, out=one) is one
    np.testing.assert_array_equal(one, seven[0])


def read_only(n: int) -> np.ndarray[Any, Any]:
    array = np.empty(n)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        ([0.0] * 41, TypeError, "out must be an array of float64, got list"),
        (np.empty(41, np.float32), TypeError, "out must be an array of float64, got float32"),
        (np.empty(40), ValueError, r"out must have shape \(41,\), got \(40,\)"),
        (np.empty((41, 1)), ValueError, r"out must have shape \(41,\), got \(41, 1\)"),
        (np.empty(82)[::2], ValueError, "out must be C-contiguous and writeable"),
        (read_only(41), ValueError, "out must be C-contiguous and writeable"),
    ],
    ids=["list", "float32", "short", "column", "strided", "read-only"],
)
def test_an_unfit_out_is_refused(out: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        gamma(100.0, np.linspace(80.0, 120.0, 41), 0.5, 0.2, out=out)


def test_out_may_not_overlap_an_argument_or_another_output() -> None:
    strikes = np.linspace(80.0, 120.0, 41)
    with pytest.raises(ValueError, match="must not overlap"):
        gamma(100.0, strikes, 0.5, 0.2, out=strikes)
    shared = np.empty(41)
    with pytest.raises(ValueError, match=r"out\.delta must not overlap"):
        greeks(100.0, strikes, 0.5, 0.2, out=[shared] * 7)
    with pytest.raises(ValueError, match=r"out must hold 7 arrays \(price, delta"):
        greeks(100.0, strikes, 0.5, 0.2, out=[shared])


def test_implied_volatility_refuses_by_name_too() -> None:
    with pytest.raises(TypeError, match=r"^price must hold real numbers"):
        implied_total_volatility("1", 100.0, 100.0)
    with pytest.raises(TypeError, match=r"^years must hold real numbers"):
        implied_vol(1.0, 100.0, 100.0, "1")
    with pytest.raises(ValueError, match="do not broadcast"):
        implied_vol(np.ones(2), np.ones(3), 100.0, 1.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["price", "forward", "strike", "years", "discount"])
def test_implied_volatility_of_a_number_that_is_not_finite(name: str, value: float) -> None:
    arguments = {"price": 5.0, "forward": 100.0, "strike": 100.0, "years": 0.5, "discount": 0.98, name: value}
    sigma, status = implied_vol(**arguments)

    assert np.isnan(sigma)
    assert status == Status.NOT_FINITE


@pytest.mark.parametrize("value", [0.0, -1.0])
@pytest.mark.parametrize("name", ["forward", "strike", "years", "discount"])
def test_implied_volatility_needs_positive_arguments(name: str, value: float) -> None:
    arguments = {"price": 5.0, "forward": 100.0, "strike": 100.0, "years": 0.5, "discount": 0.98, name: value}
    sigma, status = implied_vol(**arguments)

    assert np.isnan(sigma)
    assert status == Status.NOT_FINITE


@pytest.mark.parametrize("function", [gamma, price, greeks, higher_greeks])
def test_arrays_without_a_shape_count_as_numbers(function) -> None:
    """A 0-d array, or NumPy's own True, takes the way around the scalar path and must arrive at the same figures."""
    by_number = function(100.0, 103.0, 0.5, 0.2, 0.04, 0.01)
    assert np.array_equal(function(np.array(100.0), 103.0, 0.5, 0.2, 0.04, 0.01), by_number)
    assert np.array_equal(function(100.0, np.float64(103.0), 0.5, np.array(0.2), 0.04, 0.01), by_number)


def test_subclasses_of_float_count_as_numbers() -> None:
    class Price(float):
        pass

    assert gamma(Price(100.0), 103.0, 0.5, 0.2) == gamma(100.0, 103.0, 0.5, 0.2)
    assert implied_vol(Price(5.0), 100.0, 103.0, 0.5) == implied_vol(5.0, 100.0, 103.0, 0.5)


def test_numpys_true_counts_as_true() -> None:
    assert greeks(100.0, 103.0, 0.5, 0.2, is_call=np.True_) == greeks(100.0, 103.0, 0.5, 0.2, is_call=True)
