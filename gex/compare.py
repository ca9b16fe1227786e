"""A vendor's published levels beside ours, and the conventions under which ours come closest to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gex.analysis import priced
from gex.definitions import BY_KEY
from gex.emulations import PROGRAMS, emulate
from gex.level_book import LevelBook, LevelValue, ScopeLevels, level_book
from gex.level_rules import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gex.ingest.schema import Chain
    from gex.published import Published, PublishedText
    from gex.settings import EmulationName, Settings

SCOPES = ("all", "0dte", "ex-0dte", "next", "monthly", "7d")
SAME = 0.005
"""Points: two levels closer than this are one, as printed."""
FAR = 0.005
"""A published spot further than this from ours, as a fraction, is of another moment."""


@dataclass(frozen=True)
class Convention:
    """One way to compute every level, in place of the settings given."""

    name: str
    changes: Mapping[str, object] = field(default_factory=dict)
    """Of the settings, by field."""
    book: Callable[[Chain, Settings, Sequence[str]], LevelBook] | None = None
    """Computes the levels in a way that no settings describe; None prices the chain under the changed settings."""

    def levels(self, chain: Chain, settings: Settings) -> LevelBook:
        """Return all levels under this convention; raises `ValueError` where the chain lacks what it needs."""
        changed = replace(settings, **self.changes)  # type: ignore[arg-type]
        return self.book(chain, changed, SCOPES) if self.book else level_book(priced(chain, changed), SCOPES)


def emulated(name: EmulationName) -> Convention:
    """Return another program's flip as a convention: of all expirations, and no other level."""

    def book(chain: Chain, settings: Settings, _scopes: Sequence[str]) -> LevelBook:
        found = emulate(chain, name)
        flip = Found(found.gamma_flip, reason=found.reasons.get("gamma_flip"))
        levels = tuple(LevelValue(BY_KEY[key], flip) for key in ("spotgamma.zero_gamma", "gexbot.zero_gamma"))
        scope = ScopeLevels("all", tuple(chain.frame["expiration"].unique().sort().to_list()), levels)
        return LevelBook(chain.underlying, chain.quote_time, chain.quote_time, found.spot, settings, (scope,))

    return Convention(f"{PROGRAMS[name].title}, emulated", book=book)


AS_SET = Convention("as set")
CONVENTIONS = (
    AS_SET,
    Convention("vendor IV", {"vol": "vendor"}),
    Convention("vendor IV and clock", {"vol": "vendor-fitted"}),
    Convention("each contract's IV", {"vol": "per-contract"}),
    Convention("sticky moneyness", {"dynamics": "sticky-moneyness"}),
    Convention("vol beta", {"dynamics": "vol-beta"}),
    Convention("F = S", {"rate": 0.0, "dividend": 0.0}),
    Convention("vendor IV, F = S", {"vol": "vendor", "rate": 0.0, "dividend": 0.0}),
    Convention("volume", {"positions": "volume"}),
    Convention("0DTE half volume", {"zero_dte_volume": 0.5}),
    Convention("short all", {"positions": "short-all"}),
    Convention("call skew", {"positions": "call-skew"}),
    *map(emulated, PROGRAMS),
)
"""What is tried, the simplest first; others can be added."""


@dataclass(frozen=True)
class Reading:
    """One of our values for a published one."""

    key: str
    """Of the definition."""
    scope: str
    convention: str
    value: float
    difference: float
    """Published less ours, in the definition's unit."""


@dataclass(frozen=True)
class Compared:
    """A published value and ours."""

    published: Published
    ours: Reading | None
    """Under the settings given, the definition of that name and its expirations (all, unless the name says)."""
    nearest: Reading | None
    """The nearest under the definition of that name, over conventions and expirations."""
    as_near: int
    """How many of those tried come as near: with many, the match says little."""
    tried: int
    other: Reading | None
    """The same value under another definition, where its own gives none that is the same."""
    reason: str | None
    """Why there is nothing of ours."""


@dataclass(frozen=True)
class Score:
    """How near one convention comes to all published levels together."""

    convention: str
    scope: str
    """Of the levels whose names do not say one."""
    mean_distance: float
    """Points."""
    same: int
    """Levels that are the same to a cent."""
    levels: int
    """Levels that both have."""


@dataclass(frozen=True)
class Comparison:
    """Published levels against ours."""

    book: LevelBook
    """Ours, under the settings given."""
    text: PublishedText
    rows: tuple[Compared, ...]
    scores: tuple[Score, ...]
    """The nearest first, to a cent, the simpler before the other; those that have the most of the levels only."""
    left_out: dict[str, str]
    """Conventions that this chain cannot be computed under, and why."""

    @property
    def published_spot(self) -> float | None:
        """The price of the underlying that the text gives, if it does."""
        return next((row.value for row in self.text.levels if row.means.kind == "spot"), None)

    @property
    def same_moment(self) -> bool | None:
        """Whether the text's price of the underlying is near ours; None where it gives none."""
        spot = self.published_spot
        return None if spot is None else abs(spot / self.book.spot - 1.0) <= FAR


def compare(
    chain: Chain, settings: Settings, text: PublishedText, conventions: Sequence[Convention] = CONVENTIONS
) -> Comparison:
    """Compare published levels with ours under every convention.

    Args:
        chain: The chain that ours are from.
        settings: Ours; each convention changes some of them.
        text: What was published: `gex.published.read_published`.
        conventions: Which to try; the first is ours as set.

    Raises:
        ValueError: The chain cannot be priced under the settings given.

    """
    books = {conventions[0].name: conventions[0].levels(chain, settings)}
    left_out = {}
    for convention in conventions[1:]:
        try:
            books[convention.name] = convention.levels(chain, settings)
        except ValueError as error:
            left_out[convention.name] = str(error)
    table = [
        (name, scope.scope, key, found.value)
        for name, book in books.items()
        for scope in book.scopes
        for key, found in scope.by_key.items()
        if found.value is not None
    ]
    rows = tuple(_compared(level, table, conventions[0].name) for level in text.levels)
    return Comparison(books[conventions[0].name], text, rows, _scores(text, table), left_out)


def _compared(level: Published, table: list[tuple[str, str, str, float]], as_set: str) -> Compared:
    key, value = level.means.key, level.value
    reason = _why_not(level)
    if reason or key is None or value is None:
        return Compared(level, None, None, 0, 0, None, reason)
    readings = [Reading(of, scope, name, ours, value - ours) for name, scope, of, ours in table]
    scope = level.means.scope or "all"
    own = [each for each in readings if each.key == key and level.means.scope in {None, each.scope}]
    ours = next((each for each in own if (each.convention, each.scope) == (as_set, scope)), None)
    nearest = min(own, key=_distance, default=None)
    best = _distance(nearest) if nearest else 0.0
    same = (each for each in readings if BY_KEY[each.key].is_level and not _distance(each))
    other = next(same, None) if best and BY_KEY[key].is_level else None
    return Compared(
        published=level,
        ours=ours,
        nearest=nearest,
        as_near=sum(_distance(each) <= best for each in own),
        tried=len(own),
        other=other,
        reason=None if own else f"no expiration of ours gives it ({level.means.scope or 'all'})",
    )


def _distance(reading: Reading) -> float:
    """Return how far ours is from the published value; what is the same as printed is no distance."""
    size = abs(reading.difference)
    return 0.0 if BY_KEY[reading.key].is_level and size < SAME else size


def _why_not(level: Published) -> str | None:
    """Say why a published value cannot be compared; None where it can."""
    if level.value is None:
        return "published as none"
    if level.means.kind == "figure" and not level.has_unit:
        return "without a unit (k, mm, bn) its scale is unknown"
    return {
        "unknown": "no vendor's level is known by this name",
        "proprietary": "its rule is not public",
        "spot": "the price of the underlying, not a level",
    }.get(level.means.kind)


def _scores(text: PublishedText, table: list[tuple[str, str, str, float]]) -> tuple[Score, ...]:
    """Rank conventions and expirations by the mean distance from all published levels."""
    ours = {(name, scope, key): value for name, scope, key, value in table}
    wanted = [
        (level.means.key, level.means.scope, level.value)
        for level in text.levels
        if level.means.kind == "level" and level.means.key and level.value is not None
    ]
    scores = []
    for name, scope in dict.fromkeys((name, scope) for name, scope, _, _ in table):
        pairs = [(value, ours.get((name, of or scope, key))) for key, of, value in wanted]
        sizes = [abs(value - found) for value, found in pairs if found is not None]
        if sizes:
            same = sum(size < SAME for size in sizes)
            scores.append(Score(name, scope, sum(sizes) / len(sizes), same, len(sizes)))
    most = max((score.levels for score in scores), default=0)
    return tuple(
        sorted((each for each in scores if each.levels == most), key=lambda each: round(each.mean_distance, 2))
    )
