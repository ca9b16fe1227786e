"""Forwards across expirations: what is carried, what is not believed, and the spot they imply."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from gex import Settings
from gex.forwards import forwards_of, zero_rates
from gex.quotes import quotes_of
from gex.settings import Curve

EIGHT = [dt.date(2025, 9, 5) + dt.timedelta(days=7 * i) for i in range(8)]


def forwards(chain, settings: Settings | None = None, spot: float | None = 6500.0):
    quotes = quotes_of(chain.frame, chain.quote_time)
    return quotes.expirations.years, forwards_of(quotes, settings or Settings(), spot)


def test_parity_is_exact_on_exact_quotes(make_chain) -> None:
    years, found = forwards(make_chain(EIGHT))
    assert found.forward == pytest.approx(6500.0 * np.exp(0.027 * years), rel=1e-9)
    assert found.discount == pytest.approx(np.exp(-0.04 * years), rel=1e-14)
    assert found.parity_spot == pytest.approx(6500.0, rel=1e-8)
    assert set(found.source) == {"parity"}


def test_a_forward_that_jumps_from_its_neighbours_is_not_believed(make_chain) -> None:
    """One expiration quoted as if the index stood 1% higher."""

    def shift(frame: pl.DataFrame) -> pl.DataFrame:
        wrong = pl.col("expiration") == EIGHT[4]
        call = pl.col("option_type") == "C"
        return frame.with_columns(
            pl.when(wrong & call).then(pl.col(c) + 65.0).otherwise(pl.col(c)).alias(c) for c in ("bid", "ask")
        )

    years, found = forwards(make_chain(EIGHT, edit=shift))
    assert found.source[4] == "carry"
    assert found.forward == pytest.approx(6500.0 * np.exp(0.027 * years), rel=1e-5)


def test_a_far_expiration_may_leave_the_line_of_the_near_ones(make_chain) -> None:
    """Eight months beyond the last, rates and dividends bend the line: an exact forward is believed."""

    def richer(frame: pl.DataFrame) -> pl.DataFrame:
        far, call = pl.col("expiration") == dt.date(2026, 6, 19), pl.col("option_type") == "C"
        return frame.with_columns(
            pl.when(far & call).then(pl.col(c) + 65.0).otherwise(pl.col(c)).alias(c) for c in ("bid", "ask")
        )

    _, found = forwards(make_chain([*EIGHT[:6], dt.date(2026, 6, 19)], edit=richer))
    assert found.source[-1] == "parity"


def test_a_spot_apart_from_parity_does_not_tilt_the_forwards(make_chain) -> None:
    _, true = forwards(make_chain(EIGHT))
    _, stale = forwards(make_chain(EIGHT), spot=6520.0)
    assert np.array_equal(true.forward, stale.forward)


def test_without_any_quotes_the_curve_carries_the_spot(make_chain) -> None:
    def bare(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.lit(0.0).alias(c) for c in ("bid", "ask"))

    years, found = forwards(make_chain(EIGHT, edit=bare))
    assert set(found.source) == {"rate"}
    assert found.parity_spot is None
    assert found.forward == pytest.approx(6500.0 * np.exp(0.04 * years), rel=1e-12)
    with pytest.raises(ValueError, match="--spot"):
        forwards(make_chain(EIGHT, edit=bare), spot=None)


def test_a_single_expiration_is_carried_back_at_the_curve(make_chain) -> None:
    """Without a second one the dividend is not known: spot is right to its yield over the week, 2.5 bp."""
    years, found = forwards(make_chain([dt.date(2025, 9, 12)]))
    assert found.parity_spot == pytest.approx(6500.0 * np.exp(-0.013 * years[0]), rel=1e-9)


def test_far_forwards_do_not_say_where_spot_is(make_chain) -> None:
    """Carried back over months, an error of 1% a year in carry is as large as a stale spot."""
    _, found = forwards(make_chain([dt.date(2025, 12, 19), dt.date(2026, 3, 20)]))
    assert found.parity_spot is None
    assert set(found.source) == {"parity"}


def test_a_fixed_carry_needs_a_spot(chain) -> None:
    with pytest.raises(ValueError, match="--spot"):
        forwards(chain, Settings(rate=0.01, dividend=0.0), spot=None)


def test_the_curve_is_linear_between_tenors_and_flat_outside() -> None:
    curve = Curve((0.5, 1.0), (0.03, 0.05))
    assert zero_rates(curve, np.array([0.1, 0.75, 9.0])) == pytest.approx([0.03, 0.04, 0.05])
