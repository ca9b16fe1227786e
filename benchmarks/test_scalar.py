"""One contract a call: what a loop in Python costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.inputs import chain, few, quotes
from benchmarks.truth import gamma_error, greeks_error, implied_error
from gex.pricing import Greeks, gamma, greeks, implied_vol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from benchmarks.inputs import Columns
    from benchmarks.race import Race

CALLS = 500
CONTRACT = ("spot", "strike", "years", "sigma", "rate", "dividend")


def _rows(data: Columns, names: Sequence[str]) -> list[tuple[object, ...]]:
    return list(zip(*(data[name].tolist() for name in names), strict=True))


def test_gamma(race: Race) -> None:
    data = few(chain(), CALLS)
    rows = _rows(data, CONTRACT)
    race(
        "scalar_gamma", data, lambda: [gamma(*row) for row in rows], gamma_error, topic="Gamma, one a call", unit="call"
    )


def test_greeks(race: Race) -> None:
    data = few(chain(), CALLS)
    rows = _rows(data, (*CONTRACT, "is_call"))

    def error(columns: Columns, answer: dict[str, np.ndarray], reach: float) -> float:
        if "value" in answer:  # ours comes as one row a contract
            answer = dict(zip(Greeks._fields, answer["value"].T, strict=True))
        return greeks_error(columns, answer, reach)

    race(
        "scalar_greeks",
        data,
        lambda: [greeks(*row) for row in rows],
        error,
        topic="Seven greeks, one a call",
        unit="call",
    )


def test_implied(race: Race) -> None:
    data = few(quotes(), CALLS)
    rows = _rows(data, ("price", "forward", "strike", "years", "is_call"))

    def ours() -> list[float]:
        return [
            implied_vol(price, forward, strike, years, 1.0, side)[0] for price, forward, strike, years, side in rows
        ]

    race("scalar_implied", data, ours, implied_error, topic="Implied volatility, one a call", unit="call")
