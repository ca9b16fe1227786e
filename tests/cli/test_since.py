"""What has changed since the snapshot before, in a line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gex import analysis
from gex.cli.render.screen import screen
from gex.cli.render.since import since_lines
from gex.cli.render.terminal import Terminal
from gex.ingest.read import read_chain

if TYPE_CHECKING:
    from pathlib import Path

    from gex.results import Analysis

WIDE = Terminal(200)


@pytest.fixture(scope="module", name="before")
def _before(spx_csv: Path) -> Analysis:
    return analysis.analyze(read_chain(spx_csv))


def moved(before: Analysis, spot: float = 0.0, net: float = 0.0, **levels: Any) -> Analysis:
    """Return an analysis like one, with another spot, net gamma and levels."""
    gamma = before.exposure.gamma_usd_per_1pct
    exposure = replace(before.exposure, gamma_usd_per_1pct=replace(gamma, net=gamma.net + net))
    price = replace(before.spot, used=before.spot.used + spot)
    return replace(before, spot=price, exposure=exposure, levels=replace(before.levels, **levels))


def test_nothing_changed(before: Analysis) -> None:
    flip, net = before.levels.gamma_flip, before.exposure.gamma_usd_per_1pct.net
    (line,) = since_lines(before, before, WIDE)
    assert line.startswith("SINCE 10:00  spot 0.00 (0.00%) · net unchanged at ")
    assert line.endswith(f" · flip unchanged at {flip:.1f} · walls unchanged")
    assert f"{abs(net) / 1e9:.0f}"[0] in line


def test_how_far_and_to_where(before: Analysis) -> None:
    flip, spot = before.levels.gamma_flip, before.spot.used
    assert flip is not None
    base = moved(before, net=50e9 - before.exposure.gamma_usd_per_1pct.net)
    after = moved(base, spot=-12.34, net=-3e9, gamma_flip=flip + 7.25, call_wall=9000.0)
    (line,) = since_lines(base, after, WIDE)
    assert line == (
        f"SINCE 10:00  spot −12.34 (−{100 * 12.34 / spot:.2f}%) · net −3.0 to +47.0 $bn"
        f" · flip +7.25 to {flip + 7.25:.1f} · call wall {before.levels.call_wall:g} → 9000"
    )


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [(None, None, "no flip"), (6400.0, None, "flip gone, was 6400.0"), (None, 6400.0, "flip new at 6400.0")],
)
def test_a_flip_that_goes_or_comes(before: Analysis, old: float | None, new: float | None, text: str) -> None:
    (line,) = since_lines(moved(before, gamma_flip=old), moved(before, gamma_flip=new), WIDE)
    assert f" · {text} · " in line


def test_walls_that_go_and_come(before: Analysis) -> None:
    (line,) = since_lines(
        moved(before, call_wall=None, put_wall=6000.0), moved(before, call_wall=6500.0, put_wall=None), WIDE
    )
    assert line.endswith("call wall none → 6500, put wall 6000 → none")


def test_another_side_of_the_flip_is_an_alarm(before: Analysis) -> None:
    one, other = replace(before, regime="long_gamma"), replace(before, regime="short_gamma")
    *_, last = since_lines(one, other, WIDE)
    assert last == "! SHORT GAMMA, and was LONG GAMMA"
    assert not any(line.startswith("!") for line in since_lines(one, one, WIDE))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_stands_below_the_verdict_and_fits(before: Analysis, width: int) -> None:
    after = moved(before, spot=10.0, call_wall=9000.0, put_wall=1000.0)
    text = screen(after, Terminal(width), before=before)
    assert "\nSINCE 10:00 " in text.partition("LEVEL")[0]
    assert max(map(len, text.splitlines())) <= width
    assert "SINCE" not in screen(after, Terminal(width))
