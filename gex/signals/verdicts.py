"""What became of a claim: figures, verdict, and plain words.

| verdict | when |
| --- | --- |
| holds | the record has the figure claimed, and of cases there are enough |
| wrong | the record has another, and the interval of what cases say leaves no room for the one claimed |
| not_supported | the cases say something else, though their interval does not rule the claim out |
| inconsistent_units | two amounts of the claim cannot both be right |
| consistent_units | they can; whether they are is not asked |
| cannot_be_told | too few cases to say so, or no data |

Cases are too few below `wording.ENOUGH`, and what they confirm must be worth as many that do not overlap. "In every case"
needs a lower bound of 90%, "in none" an upper one of 10%: that it happened in all of 4 is "not enough data: n = 4".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from gex.signals.wording import CERTAIN, ENOUGH, share_words, too_few

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.signals.claims import Claim, Claimed, Unit

Verdict = Literal["wrong", "inconsistent_units", "not_supported", "cannot_be_told", "consistent_units", "holds"]
"""From the worst: a claim of several figures is as good as its worst one."""
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
Interval = tuple[float, float]


@dataclass(frozen=True)
class Figure:
    """One figure of a claim beside what is found.

    Attributes:
        name: level, hit rate, median.
        unit: Of all its numbers: `share` and `return` are fractions.
        claimed: The figure, or a word; None where only a sign is claimed.
        found: A number, a word, or None where there is none.
        verdict: On this figure alone.
        words: Why, as the end of a sentence.
        n: Cases it rests on, None where it is one figure of record.
        interval: 95%, of `found`.
        base_rate: The same figure of any day of the sample.
        base_words: It in words, where they must be others than the figure's: a share counted out.

    """

    name: str
    unit: Unit
    claimed: Claimed | str | None
    found: float | str | None
    verdict: Verdict
    words: str
    n: int | None = None
    interval: Interval | None = None
    base_rate: float | None = None
    base_words: str | None = None


@dataclass(frozen=True)
class Finding:
    """A claim, audited.

    Attributes:
        claim: As it was made.
        figures: One at least.
        how: What was computed, from what.
        details: What else was found, by name.

    """

    claim: Claim
    figures: tuple[Figure, ...]
    how: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The worst of its figures' verdicts."""
        return min((each.verdict for each in self.figures), key=VERDICTS.index)


def of_record(name: str, unit: Unit, claimed: Claimed, found: float, **more: Any) -> Figure:
    """Judge a figure of record: it is the one claimed or it is not."""
    if math.isnan(found):
        return Figure(
            name,
            unit,
            claimed,
            None,
            "cannot_be_told",
            "not known on that day: too little history, or no value",
            **more,
        )
    if claimed.holds(found):
        return Figure(name, unit, claimed, found, "holds", f"found {said(found, unit)}", **more)
    return Figure(
        name, unit, claimed, found, "wrong", f"found {said(found, unit)}, {_apart(claimed, found, unit)}", **more
    )


def of_cases(
    name: str,
    claimed: Claimed,
    found: float,
    interval: Interval | None,
    n: int,
    effective: float,
    base_rate: float | None,
    unit: Unit = "return",
    base_words: str | None = None,
) -> Figure:
    """Judge a figure over cases, such as a median return, by its interval.

    Args:
        name: Of the figure.
        claimed: What should come out.
        found: What does.
        interval: 95%, of `found`; None where there is none.
        n: Cases.
        effective: How many independent ones they are worth.
        base_rate: The same figure of any day of the sample.
        unit: Of the figure.
        base_words: The base rate in words, where they are to be others.

    """
    verdict = _of_interval(claimed, found, interval, n, effective)
    told = f"found {said(found, unit)}"
    if interval is not None:
        told = f"found {share_words(round(found * n), n, interval)}" if unit == "share" else told
        told += f", 95% interval {_between(interval, unit)}"
    if verdict == "cannot_be_told":
        told = f"{too_few(n, effective)}; {told}"
    elif verdict != "holds":
        told += f", {'which leaves no room for' if verdict == 'wrong' else 'not'} {spoken(claimed, unit)}"
    if base_rate is not None:
        told += f"; any day {base_words or said(base_rate, unit)}"
    return Figure(name, unit, claimed, found, verdict, told, n, interval, base_rate, base_words)


def _between(interval: Interval, unit: Unit) -> str:
    """Say an interval; of a share that may be all, only where it begins."""
    low, high = (said(each, unit) for each in interval)
    return f"{low} or more" if unit == "share" and high == "100%" else f"{low} to {high}"


def _of_interval(claimed: Claimed, found: float, interval: Interval | None, n: int, effective: float) -> Verdict:
    """Return wrong where the interval excludes the claim; else a few cases tell nothing, and overlapping ones confirm nothing."""
    if interval is not None and not claimed.meets(*interval):
        return "wrong"
    if n < ENOUGH or (claimed.holds(found) and effective < ENOUGH):
        return "cannot_be_told"
    return "holds" if claimed.holds(found) else "not_supported"


def of_hits(
    claimed: Claimed,
    hits: int,
    n: int,
    effective: float,
    interval: Interval,
    base_rate: float | None,
    base_words: str | None = None,
) -> Figure:
    """Judge how often prices rose.

    Args:
        claimed: Share of the cases, 0 to 1.
        hits: Cases in which they did.
        n: Cases.
        effective: How many independent ones they are worth.
        interval: 95%, of the share.
        base_rate: The same share of any day of the sample.
        base_words: It in words, where they are to be others.

    """
    every, never = claimed.low >= 1.0, claimed.high <= 0.0
    if not (every or never):
        return of_cases("hit rate", claimed, hits / n, interval, n, effective, base_rate, "share", base_words)
    told, contrary = f"{hits} of {n} rose", n - hits if every else hits
    bound, sure = (interval[0], interval[0] >= CERTAIN) if every else (interval[1], interval[1] <= 1 - CERTAIN)
    verdict: Verdict = "wrong" if contrary else "holds" if sure else "cannot_be_told"
    if contrary:
        told += f", {n - hits} fell"
    else:
        told += f", which says {said(bound, 'share')} or {'more' if every else 'less'}"
    if verdict == "cannot_be_told":
        told = f"{too_few(n, effective) or f'not enough data: n = {n}'}; {told}"
    told += "" if base_rate is None else f"; any day {base_words or said(base_rate, 'share')}"
    return Figure("hit rate", "share", claimed, hits / n, verdict, told, n, interval, base_rate, base_words)


def said(value: float | str, unit: Unit) -> str:
    """Return a figure in words: 6,547.68, +13.2%, 4 sessions, $39bn."""
    return value if isinstance(value, str) else _FORMS.get(unit, _plain)(value)


def _apart(claimed: Claimed, found: float, unit: Unit) -> str:
    """Say how far from the claim a figure lies."""
    near, side = (claimed.low, "below") if found < claimed.low else (claimed.high, "above")
    if unit not in {"points", "ratio"} or near == 0:
        return f"not {spoken(claimed, unit)}"
    return f"{abs(found / near - 1):.1%} {side} the {said(near, unit)} claimed"


def spoken(claimed: Claimed, unit: Unit) -> str:
    """Return what is claimed in words: 5,950, 6,180 to 6,200, at least 138."""
    if claimed.low == claimed.high:
        return said(claimed.low, unit)
    if math.isinf(claimed.high):
        return f"at least {said(claimed.low, unit)}"
    if math.isinf(claimed.low):
        return f"at most {said(claimed.high, unit)}"
    return f"{said(claimed.low, unit)} to {said(claimed.high, unit)}"


def _plain(value: float) -> str:
    return f"{value:,.2f}".removesuffix(".00").replace("-", "−")


def _share(value: float) -> str:
    return f"{100 * value:.1f}".removesuffix(".0") + "%"


def _return(value: float) -> str:
    text = f"{100 * abs(value):.2f}".removesuffix("0").removesuffix(".0")
    return ("" if not any(digit in text for digit in "123456789") else "+" if value > 0 else "−") + f"{text}%"


def _money(value: float) -> str:
    size = abs(value)
    scale, unit = next(((by, word) for by, word in ((1e12, "tn"), (1e9, "bn"), (1e6, "mm")) if size >= by), (1.0, ""))
    return f"{'−' if value < 0 else ''}${size / scale:,.3g}{unit}"


_FORMS: dict[Unit, Callable[[float], str]] = {
    "share": _share,
    "return": _return,
    "usd": _money,
    "sessions": "{:,.0f}".format,
    "rank": "{:,.0f}".format,
    "percent": lambda value: f"{_plain(value)}%",
    "bp": lambda value: f"{_plain(value)} bp",
}
