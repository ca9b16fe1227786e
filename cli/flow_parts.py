"""Who stands on the curve of `gex flows`: each built from what was given, or missing with the reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from gex.ingest.errors import ContentError, MissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gex.analysis import Priced
    from gex.cli.flow_options import FlowOptions
    from gex.flows.funds import Fund
    from gex.flows.session import Part, Session
    from gex.ingest.daily_schema import DailyHistory
    from gex.quotes import Floats

STALE_DAYS = 92
"""Assets further from the session than this are warned of."""
FITTED_MARKET = "equities worldwide"
"""What the published dollars that trend followers are fitted to are of."""
OTHER_UNITS = 0.25
"""A close further than this fraction from the price is of something else."""
NONE_CREATED: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Scene:
    """Where and when: what all parts share.

    Attributes:
        underlying: SPX.
        session: Its hours.
        spot: The price now, points.
        closes: Of the history, to the session before; None without one.
        previous_close: None where nobody said.
        reason: Why there are no closes, or no previous close.
        base: The chain priced; None without one.
        warnings: Of sessions that the history lacks.

    """

    underlying: str
    session: Session
    spot: float
    closes: Floats | None
    previous_close: float | None
    reason: str
    base: Priced | None
    warnings: tuple[str, ...] = ()


def scene_of(
    base: Priced | None,
    history: DailyHistory | None,
    *,
    as_of: dt.date | None = None,
    previous_close: float | None = None,
    underlying: str | None = None,
) -> Scene:
    """Find the session, the price now and the closes before it.

    Args:
        base: The chain priced; None without one.
        history: Daily closes; None without them.
        as_of: Without a chain: the evening before the session; None for the history's last.
        previous_close: Points; None for the history's.
        underlying: What the history is of, if not its name.

    Raises:
        MissingError: The history has nothing up to the date asked for, or ends before its session.
        ContentError: The history is in other units than the chain.
        click.UsageError: The previous close is in other units than the price.

    """
    if base is not None:
        return _of_chain(base, history, previous_close)
    if history is None:
        raise MissingError("nothing to go by: give a SOURCE (a chain), or --history with --histories DIR or a file")
    from gex.ingest.calendar import is_session, next_session, previous_session

    closes, last, gaps = _closes(history, as_of)
    wanted = last if as_of is None else as_of if is_session(as_of) else previous_session(as_of)
    if last < wanted:
        raise MissingError(f"{history.name} has no close of {wanted}: the last before it is of {last}")
    session = session_of(next_session(last), None)
    name, close = (underlying or history.name).upper(), float(closes[-1])
    _near(previous_close, close)
    return Scene(name, session, close, closes, previous_close or close, "", None, gaps)


def _of_chain(base: Priced, history: DailyHistory | None, previous_close: float | None) -> Scene:
    from gex.ingest.calendar import next_close, previous_session
    from gex.market import new_york_date

    market = base.market
    session = session_of(new_york_date(next_close(market.evaluated_at)), market.evaluated_at)
    closes, before, underlying = None, previous_session(session.date), base.chain.underlying
    gaps: tuple[str, ...] = ()
    reason = f"no history of {underlying}: give --histories DIR or --series {underlying}=FILE"
    if history is not None:
        found, last, gaps = _closes(history, before)
        reason = "" if last == before else f"{history.name} has no close of {before}: it ends on {last}"
        closes = found if last == before else None
    if closes is not None and abs(market.level / closes[-1] - 1.0) > OTHER_UNITS:
        message = f"its close of {before} is {closes[-1]:g}, {underlying} is at {market.level:g}: other units"
        raise ContentError(
            f"{message}; give --history in points of {underlying}", source=history.name if history else None
        )
    _near(previous_close, market.level)
    close = previous_close or (None if closes is None else float(closes[-1]))
    return Scene(underlying, session, market.level, closes, close, reason, base, gaps)


def _near(previous_close: float | None, price: float) -> None:
    """Refuse a close that is of something else.

    Raises:
        click.UsageError: It is far from the price.

    """
    if previous_close is not None and abs(price / previous_close - 1.0) > OTHER_UNITS:
        raise click.UsageError(f"--previous-close {previous_close:g} is far from the price, {price:g}: other units")


def session_of(date: dt.date, now: dt.datetime | None) -> Session:
    """Return a session's hours, seen from `now` or from its open."""
    from gex.flows.session import Session
    from gex.ingest.calendar import session_close, session_open

    opens = session_open(date)
    return Session(date, opens, session_close(date), now or opens)


def _closes(history: DailyHistory, until: dt.date | None) -> tuple[Floats, dt.date, tuple[str, ...]]:
    """Return the closes up to a date, the date of the last, and where trend followers' past has gaps.

    Raises:
        MissingError: There is none.

    """
    frame = history.frame if until is None else history.frame.filter(history.frame["date"] <= until)
    if frame.is_empty():
        raise MissingError(f"{history.name} begins after {until}", source=history.source.path)
    from gex.flows.trend import TrendModel
    from gex.flows.trend_report import gaps_in

    missed = gaps_in(frame["date"].tail(TrendModel().needed).to_numpy())
    return frame["close"].to_numpy(), frame["date"][-1], tuple(f"{history.name}: {text}" for text in missed)


def parts_of(scene: Scene, given: FlowOptions, funds: tuple[Fund, ...]) -> tuple[Part, ...]:
    """Return everyone, present or missing."""
    return (
        dealers(scene, given.vol_move),
        leveraged_funds(scene, funds, given.created),
        volatility_control(scene, given),
        trend_followers(scene),
    )


def missing(name: str, reason: str, about: dict[str, object] | None = None) -> Part:
    """Return a part that is not there."""
    from gex.flows.session import Part

    return Part(name, None, reason, about or {})


def dealers(scene: Scene, vol_move: float = 0.0) -> Part:
    """Return dealers who hedge the chain's options, every volatility moving by so many points."""
    if scene.base is None:
        return missing("dealers", "no chain: give a SOURCE")
    from gex.flows.hedging import Hedging
    from gex.flows.session import MINUTE, Part
    from gex.quotes import MINUTES_PER_YEAR

    held, session = scene.base.book.held(), scene.session
    opens, closes = (
        (at - scene.base.market.evaluated_at) / MINUTE / MINUTES_PER_YEAR
        for at in (session.opens_at, session.closes_at)
    )
    about = {
        "contracts": len(held),
        "net_gamma_usd_per_1pct": held.net_gamma_usd(scene.spot),
        "positions": str(scene.base.settings.as_dict()["positions"]),
        "vol_move_points": vol_move,
    }
    return Part("dealers", Hedging(held, scene.spot, opens, closes, vol_move), None, about)


def leveraged_funds(scene: Scene, funds: tuple[Fund, ...], created: Mapping[str, float] = NONE_CREATED) -> Part:
    """Return the funds on the chain's or history's index whose assets are of a close before the session.

    Raises:
        click.UsageError: Creations are of a fund that is not among them.

    """
    from gex.flows.funds import INDEX_OF, Rebalancing
    from gex.flows.session import Part

    name, index = "leveraged_funds", INDEX_OF.get(scene.underlying, scene.underlying)
    mine = [fund for fund in funds if fund.index == index]
    known = [fund for fund in mine if fund.as_of is not None and fund.as_of < scene.session.date]
    later = sum(fund.as_of is not None for fund in mine) - len(known)
    about: dict[str, object] = {"index": index, "funds": len(mine), "funds_with_assets": len(known)}
    about |= {"funds_dated_later": later} if later else {}
    if not known:
        what = "has its assets in the table" if mine else f"in the table is on {index}"
        what = f"has assets dated before {scene.session.date}, {later} of later" if later else what
        return missing(name, f"no fund {what}: give --funds FILE", about)
    dates = [fund.as_of for fund in known if fund.as_of]
    assets = sum(fund.aum_usd or 0.0 for fund in known)
    about |= {"aum_usd": assets, "assets_from": min(dates), "assets_until": max(dates)}
    about |= {"usd_per_1pct": sum(float(fund.rebalancing_usd(0.01)) for fund in known)}
    if scene.previous_close is None:
        return missing(name, f"no close of the session before: {scene.reason}, or --previous-close", about)
    if unknown := sorted(set(created) - {fund.ticker for fund in known}):
        counted = ", ".join(fund.ticker for fund in known)
        raise click.UsageError(f"--created {unknown[0]}: no such fund is on the curve; there are {counted}")
    about |= {"previous_close": scene.previous_close}
    flow = Rebalancing(tuple(known), scene.previous_close, created, scene.session.closing)
    return Part(name, flow, None, about)


def volatility_control(scene: Scene, given: FlowOptions) -> Part:
    """Return the funds that hold their volatility at a target."""
    from gex.flows.session import Part
    from gex.flows.volatility_control import Rule, VolatilityControl

    name = "volatility_control"
    rule = Rule(given.vol_control_target, given.vol_control_cap, lag=given.vol_control_lag)
    about: dict[str, object] = {"target": rule.target, "cap": rule.cap, "lag_sessions": rule.lag}
    if scene.closes is None:
        return missing(name, scene.reason, about)
    try:
        flow = VolatilityControl(scene.closes, given.vol_control_aum or 0.0, rule, scene.session.closing)
    except ValueError as error:
        return missing(name, str(error), about)
    about |= {"exposure": flow.exposure}
    if given.vol_control_aum is None:
        return missing(name, "nobody knows its assets: give --vol-control-aum", about)
    return Part(name, flow, None, about | {"aum_usd": given.vol_control_aum})


def trend_followers(scene: Scene) -> Part:
    """Return trend followers, of whom only those in the index that the fit is of have dollars."""
    from gex.flows.fitted import FITTED_ON
    from gex.flows.funds import INDEX_OF
    from gex.flows.session import Part
    from gex.flows.trend import TrendModel, trend_states
    from gex.flows.trend_flow import TrendFlow

    name, model = "trend_followers", TrendModel()
    if INDEX_OF.get(scene.underlying, scene.underlying) != FITTED_ON:
        return missing(name, f"their dollars are fitted on {FITTED_ON} alone")
    if scene.closes is None:
        return missing(name, scene.reason)
    if len(scene.closes) < model.needed:
        return missing(name, f"not enough history: {len(scene.closes)} closes, {model.needed} decide the trend")
    state = trend_states(scene.closes, model).at([-1])
    position = float(state.held(model)[0])
    about: dict[str, object] = {
        "position": position,
        "held_usd": position * model.full_size_usd,
        "of": FITTED_MARKET,
    }
    return Part(name, TrendFlow(state, model), None, about)


def stale(part: Part, session: Session) -> str | None:
    """Say that a fund's assets are far from the session, if they are."""
    earliest, latest = part.about.get("assets_from"), part.about.get("assets_until")
    if part.flow is None or not isinstance(earliest, dt.date) or not isinstance(latest, dt.date):
        return None
    apart = max(abs((session.date - each).days) for each in (earliest, latest))
    if apart <= STALE_DAYS:
        return None
    return f"funds' assets are of {earliest} to {latest}, up to {apart} days from the session: give --funds FILE"
