"""What moved dealers' gamma and its levels between two snapshots of one underlying.

From the first snapshot to the second in steps, each a book of its own, re-priced: the parts add up because each starts
where the one before it ended. A step's part depends on what was moved before it, so the order is named, and net gamma's
parts in the reversed order stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import polars as pl

from gex import summary
from gex.between import Factor, matched, mixed, state_of
from gex.ingest.schema import KEY

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from gex.analysis import Priced
    from gex.between import Matched, State
    from gex.ingest.schema import Source
    from gex.quotes import Bools, Floats
    from gex.settings import Settings

Order = Literal["price-first", "quantity-first"]
LevelName = Literal["gamma_flip", "call_wall", "put_wall"]
LEVELS: tuple[LevelName, ...] = get_args(LevelName)
ADDITIVE = ("net", "gross", "zero_dte_net", "vanna")
FACTORS: tuple[Factor, ...] = get_args(Factor)


@dataclass(frozen=True)
class Figures:
    """What is followed from the first snapshot to the second, or by how much a step moved it."""

    net: float
    """Dealers' gamma, $ per +1%; `gross` and `zero_dte_net` likewise."""
    gross: float
    zero_dte_net: float
    """Of what expires on the state's own date: the second snapshot's from the step `time` on."""
    vanna: float
    """$ per vol point."""
    gamma_flip: float | None
    """Points, as the walls; None where there is none, and `reasons` says why."""
    call_wall: float | None
    put_wall: float | None
    reasons: dict[str, str]


@dataclass(frozen=True)
class Step:
    """One part of the change."""

    name: str
    """`rolled_off`, `price`, `time`, `volatility`, `carry`, `quantity` or `new`."""
    part: Figures
    """By how much it moved each figure."""
    after: Figures
    """Where it left them."""
    reversed_net: float
    """Its part of net gamma with the five steps between `rolled_off` and `new` in the other order, $ per +1%."""


@dataclass(frozen=True)
class Moment:
    """One of the two snapshots."""

    quote_time: dt.datetime
    evaluated_at: dt.datetime
    open_interest_date: dt.date | None
    spot: float
    """Points: what everything is priced at."""
    source: Source
    figures: Figures


@dataclass(frozen=True)
class Change:
    """What moved dealers' gamma and its levels between two snapshots."""

    underlying: str
    settings: Settings
    """The second snapshot's: only the discount curve may differ from the first's."""
    order: Order
    before: Moment
    after: Moment
    total: Figures
    """The second's figures less the first's."""
    steps: tuple[Step, ...]
    residual: Figures
    """The total less the sum of the parts; rounding of floats. None for a level with a missing part."""
    common: int
    """Contracts with a position in either snapshot and priced in both."""
    gone: dict[str, int]
    """Contracts of the first alone, by reason: `expired`, `not_listed`, `not_priced`."""
    come: dict[str, int]
    """Contracts of the second alone, by reason: `not_listed`, `not_priced` in the first."""
    by_contract: pl.DataFrame
    """The key of each contract, net gamma `before` and `after` ($ per +1%), their difference `change` and its parts."""
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]

    def by(self, column: str) -> pl.DataFrame:
        """Return `by_contract` summed by `strike` or `expiration`."""
        return self.by_contract.group_by(column).agg(pl.exclude(*KEY).sum()).sort(column)


def change_of(before: Priced, after: Priced, order: Order = "price-first") -> Change:
    """Attribute what changed between two snapshots.

    Args:
        before: The first snapshot, from `gex.analysis.priced`.
        after: The second, of the same underlying under the same settings.
        order: Of the steps between taking out what rolled off and adding what is new: `price-first` is price, time,
            volatility, carry, quantity; `quantity-first` the reverse.

    Raises:
        ValueError: They are not two snapshots of one underlying, in time order, under one convention, with contracts
            in common; or `order` is unknown. The message says which.

    """
    if order not in get_args(Order):
        raise ValueError(f"order must be one of {', '.join(get_args(Order))}; got {order!r}")
    _check(before, after)
    pair = matched(before, after)
    if pair.both.is_empty():
        moves = "" if after.settings.expirations == "all" else f" with --expirations {after.settings.expirations}"
        raise ValueError(f"no contract is in both snapshots{moves}: there is nothing to compare")
    walk = _walk(pair, order)
    steps = walk.steps()
    total = _part(walk.last.measures.sum(axis=1) - walk.first.measures.sum(axis=1), walk.figures[0], walk.figures[-1])
    return Change(
        underlying=after.chain.underlying,
        settings=after.settings,
        order=order,
        before=_moment(before, walk.figures[0]),
        after=_moment(after, walk.figures[-1]),
        total=total,
        steps=steps,
        residual=_residual(total, steps),
        common=pair.both.height,
        gone=_absent(pair.gone, after),
        come=_absent(pair.come, before),
        by_contract=walk.by_contract(),
        assumptions=summary.assumptions_of(after.market, after.settings),
        warnings=_warnings(before, after),
    )


@dataclass(frozen=True)
class _Walk:
    """The states from one snapshot to the other."""

    pair: Matched
    factors: tuple[Factor, ...]
    first: State
    between: tuple[State, ...]
    """Contracts of both, from all as in the first snapshot to all as in the second."""
    last: State

    @cached_property
    def figures(self) -> tuple[Figures, ...]:
        """What each state comes to."""
        half_width = self.pair.after.settings.ladder
        return tuple(_figures(state, half_width) for state in (self.first, *self.between, self.last))

    @cached_property
    def parts(self) -> dict[str, Floats]:
        """By how much each step moved each contract's measures; of contracts in one snapshot alone, those alone."""
        gone = -state_of(self.pair.before, self.pair.gone).measures
        moved = [later.measures - state.measures for state, later in pairwise(self.between)]
        come = state_of(self.pair.after, self.pair.come).measures
        return {"rolled_off": gone, **dict(zip(self.factors, moved, strict=True)), "new": come}

    def steps(self) -> tuple[Step, ...]:
        """Return the parts, each with where it left the figures."""
        other = self._reversed_net()
        return tuple(
            Step(name, _part(part.sum(axis=1), start, end), end, other.get(name, float(part[0].sum())))
            for (name, part), (start, end) in zip(self.parts.items(), pairwise(self.figures), strict=True)
        )

    def _reversed_net(self) -> dict[str, float]:
        """Return each factor's part of net gamma had they been moved in the other order."""
        sides, reach = self.pair.sides(), self.pair.reach()
        nets, moved = [float(self.between[0].measures[0].sum())], set[Factor]()
        for factor in self.factors[:0:-1]:
            moved.add(factor)
            state = mixed(*sides, moved, reach)
            nets.append(state.book.net_gamma_usd(state.spot))
        nets.append(float(self.between[-1].measures[0].sum()))
        return {factor: end - start for factor, (start, end) in zip(self.factors[::-1], pairwise(nets), strict=True)}

    def by_contract(self) -> pl.DataFrame:
        """Return each contract's net gamma in both snapshots and the parts between them."""
        marks = {name: self.pair.table[name].to_numpy() for name in ("a", "b")}
        both = marks["a"] & marks["b"]
        where = {"rolled_off": ~marks["b"], "new": ~marks["a"]}
        columns = {
            "before": _spread(self.first.measures[0], marks["a"]),
            "after": _spread(self.last.measures[0], marks["b"]),
        }
        columns["change"] = columns["after"] - columns["before"]
        columns |= {name: _spread(part[0], where.get(name, both)) for name, part in self.parts.items()}
        return self.pair.table.select(*KEY, *(pl.Series(name, values) for name, values in columns.items()))


def _check(before: Priced, after: Priced) -> None:
    """Refuse what are not two snapshots of one underlying, in time order, under one convention."""
    first, second = before.chain, after.chain
    if first.underlying != second.underlying:
        raise ValueError(f"two underlyings: {first.underlying} and {second.underlying}; compare snapshots of one")
    own, other = before.settings, after.settings
    differ = [each.name for each in fields(own) if getattr(own, each.name) != getattr(other, each.name)]
    if wrong := [name for name in differ if name not in {"curve", "spot"}]:
        raise ValueError(
            f"the snapshots are priced under different settings ({', '.join(wrong)}): use the same for both"
        )
    if first.source.sha256 == second.source.sha256 and first.quote_time == second.quote_time:
        raise ValueError(f"both are the same snapshot, of {first.quote_time:%Y-%m-%d %H:%M} UTC: nothing changed")
    if (first.quote_time, before.market.evaluated_at) > (second.quote_time, after.market.evaluated_at):
        raise ValueError(
            f"the first snapshot, of {first.quote_time:%Y-%m-%d %H:%M} UTC, is later than the second, of "
            f"{second.quote_time:%Y-%m-%d %H:%M} UTC: give the earlier one first"
        )


def _walk(pair: Matched, order: Order) -> _Walk:
    """Price every state in an order."""
    factors = FACTORS if order == "price-first" else FACTORS[::-1]
    sides, reach = pair.sides(), pair.reach()
    between = tuple(mixed(*sides, frozenset(factors[:count]), reach) for count in range(len(factors) + 1))
    return _Walk(pair, factors, state_of(pair.before, pair.table), between, state_of(pair.after, pair.table))


def _named(values: Iterable[float | None], reasons: dict[str, str]) -> Figures:
    """Return figures from their values in order."""
    named: dict[str, Any] = dict(zip((*ADDITIVE, *LEVELS), values, strict=True))
    return Figures(**named, reasons=reasons)


def _figures(state: State, half_width: float) -> Figures:
    levels = state.levels(half_width)
    values = (*state.measures.sum(axis=1).tolist(), *(getattr(levels, name) for name in LEVELS))
    return _named(values, {name: text for name, text in levels.reasons.items() if name in LEVELS})


def _part(moved: Floats, start: Figures, end: Figures) -> Figures:
    """Return a part: what it moved, and the differences of the levels it led from and to."""
    levels: list[float | None] = []
    reasons = {}
    for name in LEVELS:
        first, last = getattr(start, name), getattr(end, name)
        levels.append(None if first is None or last is None else last - first)
        if levels[-1] is None:
            side, of = ("before", start) if first is None else ("after", end)
            reasons[str(name)] = f"none {side} it: {of.reasons[name]}"
    return _named((*moved.tolist(), *levels), reasons)


def _residual(total: Figures, steps: tuple[Step, ...]) -> Figures:
    """Return what the parts do not add up to."""
    left: dict[str, float | None] = {}
    for name in (*ADDITIVE, *LEVELS):
        values = [getattr(each, name) for each in (total, *(step.part for step in steps))]
        left[name] = None if None in values else values[0] - sum(values[1:])
    return _named(left.values(), {name: "a part is missing" for name, value in left.items() if value is None})


def _moment(base: Priced, figures: Figures) -> Moment:
    chain, market = base.chain, base.market
    return Moment(chain.quote_time, market.evaluated_at, chain.open_interest_date, market.level, chain.source, figures)


def _absent(contracts: pl.DataFrame, other: Priced) -> dict[str, int]:
    """Count contracts by why the other snapshot has them not."""
    expired = pl.col("expires_at") <= other.market.evaluated_at
    listed = contracts.filter(~expired).join(other.chain.frame.select(KEY), on=KEY, how="semi").height
    gone = contracts.filter(expired).height
    counts = {"expired": gone, "not_listed": contracts.height - gone - listed, "not_priced": listed}
    return {reason: count for reason, count in counts.items() if count}


def _spread(values: Floats, where: Bools) -> Floats:
    """Set values where they are marked, 0 elsewhere."""
    whole = np.zeros(len(where))
    whole[where] = values
    return whole


def _warnings(before: Priced, after: Priced) -> tuple[str, ...]:
    """Gather both snapshots' warnings, each with which it is."""
    return tuple(
        f"{name}: {text}"
        for name, base in (("first", before), ("second", after))
        for text in summary.warnings_of(base.chain, base.market, base.book, base.settings)
    )
