"""Intervals of a share, against SciPy and published figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from gex.signals.proportions import clopper_pearson, interval, wilson


@given(st.integers(1, 60), st.data())
def test_intervals_are_scipys(count: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, count))
    by_wilson, exact = interval(hits / count, count, 0.95)
    result = binomtest(hits, count)
    assert by_wilson == pytest.approx(tuple(result.proportion_ci(0.95, "wilson")), abs=1e-12)
    assert exact == pytest.approx(tuple(result.proportion_ci(0.95, "exact")), abs=1e-10)


@pytest.mark.parametrize(("count", "low"), [(3, 0.292), (4, 0.398), (5, 0.478), (14, 0.768)])
def test_all_of_a_few_is_far_from_always(count: int, low: float) -> None:
    found = clopper_pearson(1.0, count)
    assert found == (pytest.approx(low, abs=5e-4), 1.0)
    assert found[0] == pytest.approx(0.025 ** (1 / count), rel=1e-12)


def test_wilson_of_four_of_four() -> None:
    assert wilson(1.0, 4) == pytest.approx((0.510, 1.0), abs=5e-4)
    assert wilson(0.0, 4) == pytest.approx((0.0, 0.490), abs=5e-4)


@given(st.floats(0, 1), st.floats(0.1, 1e4), st.floats(0.01, 0.99))
def test_they_hold_the_share_and_narrow_with_the_count(share: float, count: float, confidence: float) -> None:
    for method in (wilson, clopper_pearson):
        low, high = method(share, count, confidence)
        assert 0 <= low <= high <= 1
        more = method(share, 4 * count, confidence)
        assert more[1] - more[0] < high - low + 1e-9
    low, high = wilson(share, count, confidence)
    assert low - 1e-9 <= share <= high + 1e-9


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.9])
def test_the_exact_one_never_covers_less_than_it_says(share: float) -> None:
    count = 23
    around = [clopper_pearson(hits / count, count) for hits in range(count + 1)]
    covered = sum(binom.pmf(hits, count, share) for hits, (low, high) in enumerate(around) if low <= share <= high)
    assert covered >= 0.95


@pytest.mark.parametrize(
    "given", [(1.1, 5, 0.95), (-0.1, 5, 0.95), (0.5, 0, 0.95), (0.5, 5, 1.0), (float("nan"), 5, 0.9)]
)
def test_out_of_range(given: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="share must be 0 to 1"):
        interval(*given)
