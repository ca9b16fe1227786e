"""What expires today, and until when: early closes, third Fridays, after the close."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from gex import Settings
from gex.intraday import zero_dte

UTC = dt.UTC
TODAY = dt.date(2025, 9, 5)
CLOSE = dt.datetime(2025, 9, 5, 20, 0, tzinfo=UTC)
MINUTES = 525_600.0


def test_where_nothing_expires_today_the_next_expiration_is_shown(make_chain) -> None:
    chain = make_chain([dt.date(2025, 9, 8), dt.date(2025, 9, 12)])
    clock = zero_dte(chain).clock
    assert (clock.expiration, clock.is_today) == (dt.date(2025, 9, 8), False)
    assert clock.reason == "nothing expires on 2025-09-05"
    with pytest.raises(ValueError, match="nothing expires on 2025-09-05; the next expiration is 2025-09-08"):
        zero_dte(chain, Settings(expirations="0dte"))


def test_after_the_close_nothing_expires_any_more(chain) -> None:
    """Evaluated a minute later the day's contracts are settled: gone from every figure."""
    late = Settings(at=CLOSE + dt.timedelta(minutes=1))
    view = zero_dte(chain, late)
    assert view.clock.expiration == dt.date(2025, 9, 12)
    assert view.clock.reason == "nothing that expires on 2025-09-05 is left to trade"
    assert view.path["since"][0] == late.at
    assert TODAY not in view.sessions["expiration"].to_list()
    with pytest.raises(ValueError, match="nothing that expires on 2025-09-05 is left to trade; the next"):
        zero_dte(chain, replace(late, expirations="0dte"))


def test_an_early_close_shortens_the_day(make_chain) -> None:
    """The chain's own expiry instants rule: at 13:00 New York here."""
    early = dt.datetime(2025, 9, 5, 17, tzinfo=UTC)
    today = pl.col("expiration") == TODAY

    def edit(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.when(today).then(early).otherwise("expires_at").alias("expires_at"))

    view = zero_dte(make_chain(edit=edit))
    assert (view.clock.expires_at, view.clock.minutes_left) == (early, 180.0)
    assert (view.path["until"][-1], len(view.path)) == (early, 12)


@pytest.mark.parametrize("wanted", ["7d", "2025-09-06", "soon"])
def test_a_choice_that_is_no_one_expiration_is_refused(chain, wanted) -> None:
    with pytest.raises(ValueError, match=r"one expiration|nothing expires on 2025-09-06; the next expiration"):
        zero_dte(chain, Settings(expirations=wanted))


def test_next_without_one_is_refused(make_chain) -> None:
    with pytest.raises(ValueError, match="nothing expires after 2025-09-05"):
        zero_dte(make_chain([TODAY]), Settings(expirations="next"))
