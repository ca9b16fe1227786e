"""The order-flow curve: sums, slopes and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from gex.flows.curve import flow_curve


@dataclass(frozen=True)
class Line:
    """Trades so many dollars a point, more as time passes."""

    name: str
    slope: float

    def usd(self, spots, elapsed):
        return self.slope * elapsed * (spots - 100.0)


SPOTS, TIMES = np.linspace(90.0, 110.0, 5), np.array([0.0, 0.5, 1.0])


def test_everyone_is_added_up_and_the_book_is_the_slope():
    curve = flow_curve([Line("dealers", -2.0), Line("leveraged_funds", 5.0)], SPOTS, TIMES)
    assert curve.usd["dealers"].shape == (3, 5)
    assert curve.total[1] == pytest.approx(1.5 * (SPOTS - 100.0))
    assert curve.book[2] == pytest.approx(np.full(5, 3.0))


@pytest.mark.parametrize(
    ("flows", "spots", "match"),
    [
        ([], SPOTS, "different names"),
        ([Line("a", 1.0), Line("a", 2.0)], SPOTS, "different names"),
        ([Line("a", 1.0)], SPOTS[::-1], "ascending"),
        ([Line("a", 1.0)], SPOTS[:1], "two or more"),
    ],
)
def test_what_is_no_curve_is_refused(flows, spots, match):
    with pytest.raises(ValueError, match=match):
        flow_curve(flows, spots, TIMES)
