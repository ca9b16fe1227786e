"""Amounts as market notes write them, and alarms where two of them cannot both be in the unit they are given in.

A billion is ten 亿 (1e8): an amount translated with the wrong one of the two is ten times too large or too small, and
reads as well as the right one. Two amounts that belong together give it away: what is sold in a week against the whole
position, a part and its share against the size of the whole.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

Period = Literal["week", "month"]
MOST_OF_POSITION: dict[Period, float] = {"week": 0.5, "month": 2.5}
"""Flow against position beyond which an alarm is raised, a choice. Beside it: Goldman Sachs's trend followers of 2025-09-29
would sell 16% of their position within a falling week and 125% within such a month; from long to as short is 200%."""
TIMES_APART = 1.25
"""How far a whole that is implied may lie from the known one."""

SCALES = {
    "": 1.0,
    **dict.fromkeys(("k", "thousand"), 1e3),
    "万": 1e4,
    **dict.fromkeys(("m", "mm", "mn", "million"), 1e6),
    "亿": 1e8,
    **dict.fromkeys(("b", "bn", "billion"), 1e9),
    **dict.fromkeys(("t", "tn", "trillion", "万亿"), 1e12),
}
"""Words after a number, and what they multiply it by."""
_WORDS = "|".join(sorted(SCALES, key=len, reverse=True))
AMOUNT = re.compile(
    rf"([+−-]?) ?(?:(?:US)?\$)? ?(\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+) ?({_WORDS}) ?(?:美元|美金|usd|dollars)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Consistency:
    """Two amounts held against each other.

    Attributes:
        ratio: Of what is implied to what it is held against: a flow to the position, a whole to the known whole.
        alarm: They cannot both be right.
        tenfold: One of them divided or multiplied by ten would do: the error of 亿 taken for billions.

    """

    ratio: float
    alarm: bool
    tenfold: bool


def dollars(text: str) -> float:
    """Return an amount of dollars from its text: `$390bn`, `3900亿美元`, `-28.03 billion`, `1,650亿`.

    Raises:
        ValueError: It is no amount, or one in another currency.

    """
    match = AMOUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'expected an amount of dollars as "$39bn", "390亿美元" or "1.2 trillion", got {text!r}')
    size = float(match[2].replace(",", "")) * SCALES[match[3].casefold()]
    return -size if match[1] in {"-", "−"} else size


def flow_against_position(flow: float, position: float, period: Period) -> Consistency:
    """Hold what is traded within a period against the whole position.

    Args:
        flow: $, of either sign.
        position: $, of either sign.
        period: `week` (5 sessions) or `month` (21).

    Raises:
        ValueError: An amount is not finite, the position is zero, or the period is another.

    """
    if period not in get_args(Period):
        raise ValueError(f"period must be week or month, got {period!r}")
    if not (math.isfinite(flow) and math.isfinite(position) and position):
        raise ValueError(f"flow and position must be finite and the position not zero, got {flow} and {position}")
    ratio, most = abs(flow / position), MOST_OF_POSITION[period]
    return Consistency(ratio, ratio > most, most < ratio <= 10 * most)


def share_against_whole(part: float, share: float, whole: tuple[float, float]) -> Consistency:
    """Hold the whole that a part and its share imply against what is known of it.

    Args:
        part: $, positive.
        share: Of the whole, above 0 to 1.
        whole: $, its least and its most.

    Raises:
        ValueError: An amount is not positive and finite, the share is none, or the whole's ends are in the wrong order.

    """
    low, high = whole
    if not (0 < share <= 1):
        raise ValueError(f"share must be above 0% and 100% at the most, got {100 * share:g}%")
    if not (0 < part < math.inf and 0 < low <= high < math.inf):
        raise ValueError(f"amounts must be positive, finite and in order, got {part}, {low} and {high}")
    implied = part / share
    ratio = implied / min(max(implied, low), high)
    alarm = not 1 / TIMES_APART <= ratio <= TIMES_APART
    tenfold = alarm and any(low / TIMES_APART <= implied * by <= high * TIMES_APART for by in (0.1, 10.0))
    return Consistency(ratio, alarm, tenfold)
