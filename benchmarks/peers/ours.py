"""Our own package in another build (see `benchmarks.builds`); the variant is the instruction set that it runs."""

from __future__ import annotations

import numpy as np

from benchmarks.peers import Columns, Work, contract
from gex import pricing
from gex.pricing import _kernel

DISTRIBUTIONS = ("gexlab", "numpy")
BOOK = ("strike", "years", "sigma", "weight", "rate", "dividend")


def requirement(variant: str) -> str | None:
    """Return why this is not the build that is meant, if it is not."""
    runs = _kernel.instruction_set()
    return None if runs == variant else f"it runs the {runs} loops"


def _with_side(columns: Columns) -> list[np.ndarray]:
    return [*contract(columns), columns["is_call"]]


def gamma(columns: Columns, _variant: str) -> Work:
    out = np.empty_like(columns["strike"])
    return Work(lambda: pricing.gamma(*contract(columns), out=out))


def greeks(columns: Columns, _variant: str) -> Work:
    out = list(np.empty((7, columns["strike"].size)))
    return Work(lambda: pricing.greeks(*_with_side(columns), out=out), lambda result: result._asdict())


def profile(columns: Columns, _variant: str) -> Work:
    return Work(lambda: pricing.gamma_profile(columns["spots"], *(columns[name] for name in BOOK)))


def implied(columns: Columns, _variant: str) -> Work:
    quotes = [columns[name] for name in ("price", "forward", "strike", "years")]
    return Work(lambda: pricing.implied_vol(*quotes, is_call=columns["is_call"])[0])


def american(columns: Columns, _variant: str) -> Work:
    return Work(lambda: pricing.american(*_with_side(columns)), lambda result: result._asdict())


def american_cash(columns: Columns, _variant: str) -> Work:
    dividends = columns["ex_days"] / 365.0, columns["amounts"]
    return Work(
        lambda: pricing.american(*_with_side(columns), cash_dividends=dividends), lambda result: result._asdict()
    )


def american_profile(columns: Columns, _variant: str) -> Work:
    """Return the book's profile; what is checked is each contract's own."""
    book = [columns[name] for name in (*BOOK, "is_call")]
    return Work(lambda: pricing.american_gamma_profile(columns["spots"], *book), lambda _: american_profiles(columns))


def american_profiles(columns: Columns) -> np.ndarray:
    """Return each contract's gamma, from a profile of its own: contracts by spots."""
    book = zip(
        *({**columns, "weight": np.ones_like(columns["weight"])}[name] for name in (*BOOK, "is_call")), strict=True
    )
    return np.array([pricing.american_gamma_profile(columns["spots"], *contract) for contract in book])


def american_implied(columns: Columns, _variant: str) -> Work:
    quotes = [columns[name] for name in ("price", "spot", "strike", "years", "rate", "dividend", "is_call")]
    return Work(lambda: pricing.american_implied_vol(*quotes)[0])
