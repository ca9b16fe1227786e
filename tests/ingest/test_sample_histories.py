"""Made-up histories: their layouts, where they end, and that they behave as markets do."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from gex.ingest.calendar import is_session
from gex.ingest.sample_histories import file_of, generate_histories

UNTIL = dt.date(2026, 3, 9)


def draw(seed: int = 1, years: int = 10) -> dict[str, pl.DataFrame]:
    return generate_histories("SPX", until=UNTIL, close=6650.0, years=years, seed=seed)


def numbers(frame: pl.DataFrame, column: str) -> np.ndarray:
    return frame[column].cast(pl.Float64).to_numpy()


def test_they_are_laid_out_as_their_sources_do():
    found = draw(years=1)
    assert [file_of(name) for name in found] == [
        "SPX_History.csv", "VIX9D_History.csv", "VIX_History.csv", "VIX3M_History.csv", "VVIX_History.csv",
        "fred_BAMLH0A0HYM2.csv",
    ]  # fmt: skip
    assert found["SPX"].columns == ["DATE", "OPEN", "HIGH", "LOW", "CLOSE"]
    assert found["VVIX"].columns == ["DATE", "VVIX"]
    assert found["BAMLH0A0HYM2"].columns == ["observation_date", "BAMLH0A0HYM2"]
    assert found["SPX"].row(-1)[::4] == ("03/09/2026", "6650.000000")
    days = found["BAMLH0A0HYM2"]["observation_date"].to_list()
    assert (len(days), days[-1]) == (252, UNTIL)
    assert all(map(is_session, days))


def test_one_seed_one_history():
    first, again, other = draw(3, 1), draw(3, 1), draw(4, 1)
    assert all(first[name].equals(again[name]) for name in first)
    assert not first["SPX"].equals(other["SPX"])


@pytest.mark.parametrize("seed", range(4))
def test_prices_stay_in_their_range_and_volatility_rises_as_they_fall(seed):
    found = draw(seed)
    opens, high, low, close = (numbers(found["SPX"], name) for name in ("OPEN", "HIGH", "LOW", "CLOSE"))
    # Six decimals are left of each.
    assert np.all(high >= np.maximum(opens, close) - 1e-6)
    assert np.all(low <= np.minimum(opens, close) + 1e-6)
    vix = numbers(found["VIX"], "CLOSE")
    returns = np.diff(np.log(close))
    assert np.corrcoef(returns, np.diff(np.log(vix)))[0, 1] < -0.6
    assert 0.10 < returns.std() * np.sqrt(252) < 0.25
    # What is expected is dearer than what comes, over many years, and moves more the nearer it ends.
    assert np.mean(vix) > 100 * returns.std() * np.sqrt(252) * 0.9
    assert numbers(found["VIX9D"], "CLOSE").std() > vix.std() > numbers(found["VIX3M"], "CLOSE").std()


@pytest.mark.parametrize(
    ("change", "match"),
    [({"until": dt.date(2026, 3, 8)}, "no session"), ({"close": 0.0}, "positive"), ({"years": 0}, "positive")],
)
def test_what_cannot_be_drawn_is_refused(change, match):
    given = {"until": UNTIL, "close": 100.0, "years": 1} | change
    with pytest.raises(ValueError, match=match):
        generate_histories("SPX", **given)
