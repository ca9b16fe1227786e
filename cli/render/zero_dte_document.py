"""A 0DTE view as a JSON document and as long tables: units in the names, null with a reason beside it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from gex.intraday_results import Holding, Surface, ZeroDte

SCHEMA_VERSION = 1
NO_OPEN_INTEREST = "no open interest in what expires"
AMERICAN = "American contracts of other expirations expire on the way"
UNUSUAL = "under three whole sessions to compare with, or a session that is not whole"


def document(view: ZeroDte, *, surface: bool) -> dict[str, Any]:
    """Return the document of one view; `jsonable` turns its times and NaN into JSON's.

    Args:
        view: What to publish.
        surface: Add the price x time surfaces: lists of rows, one a spot.

    """
    doc = {
        "schema_version": SCHEMA_VERSION,
        "underlying": view.underlying,
        "quote_time": view.quote_time,
        "evaluated_at": view.evaluated_at,
        "status": view.status,
        "spot": asdict(view.spot),
        "priced_at": view.level,
        "source": asdict(view.source),
        "settings": view.settings.as_dict() | {"fingerprint": view.settings.fingerprint},
        "clock": asdict(view.clock) | {"minutes_left": view.clock.minutes_left},
        "moves": asdict(view.moves),
        "positions": [_holding(holding) for holding in view.holdings],
        "volume_per_open_interest": view.volume_per_open_interest,
        "every_minutes": view.every_minutes,
        "vol_points": view.vol_points,
        "finite_move": view.move,
        "path": view.path.to_dicts(),
        "odds": view.odds.to_dicts(),
        "sessions": view.sessions.to_dicts(),
        "assumptions": view.assumptions,
        "warnings": view.warnings,
        "reasons": _reasons(view),
    }
    return doc | ({"surface": _surface(view.surface)} if surface else {})


def frame_of(view: ZeroDte, table: str) -> pl.DataFrame:
    """Return one of the view's tables with what it is of beside each row."""
    frames = {"path": view.path, "odds": view.odds, "sessions": view.sessions}
    if table == "surface":
        frame = view.surface.frame()
    elif table == "positions":
        frame = pl.DataFrame([_flat(holding) for holding in view.holdings], infer_schema_length=None)
    else:
        frame = frames[table]
    if table == "sessions":
        frame = frame.rename({"expiration": "session"})
    whose = {"underlying": view.underlying, "quote_time": view.quote_time, "expiration": view.clock.expiration}
    return frame.select(*(pl.lit(value).alias(name) for name, value in whose.items()), pl.all())


def _holding(holding: Holding) -> dict[str, Any]:
    doc = asdict(holding)
    if holding.levels.points_per_1pct_of_gross is None:
        reasons = holding.levels.reasons
        doc["levels"]["reasons"]["points_per_1pct_of_gross"] = reasons.get("gamma_flip", "the profile touches zero")
    return doc


def _flat(holding: Holding) -> dict[str, Any]:
    """Return a holding as one row."""
    gamma, levels = holding.gamma_usd_per_1pct, holding.levels
    return {
        "name": holding.name,
        "volume_share": holding.volume_share,
        "contracts": holding.contracts,
        "net_gamma_usd_per_1pct": gamma.net,
        "gross_gamma_usd_per_1pct": gamma.gross,
        "finite_gamma_usd_per_1pct": holding.finite_gamma_usd_per_1pct,
        "charm_trade_usd": holding.charm_trade_usd,
        "gamma_flip": levels.gamma_flip,
        "call_wall": levels.call_wall,
        "put_wall": levels.put_wall,
    }


def _surface(surface: Surface) -> dict[str, Any]:
    names = ("gamma_usd_per_1pct", "delta_usd", "charm_trade_usd", "hedge_trade_usd")
    values = {name: getattr(surface, name).tolist() for name in names}
    return {"spots": surface.spots.tolist(), "times": list(surface.times), **values}


def _reasons(view: ZeroDte) -> dict[str, str]:
    """Say why each null outside `positions` and `sessions` is null, under its path."""
    moves = view.moves
    missing = {
        "moves.straddle": (moves.straddle, moves.reason),
        "moves.w": (moves.w, moves.reason),
        "moves.one_sigma": (moves.one_sigma, moves.reason),
        "path.one_sigma": (moves.one_sigma, moves.reason),
        "path.all_expirations_usd": (view.path["all_expirations_usd"][0], AMERICAN),
        "volume_per_open_interest": (view.volume_per_open_interest, NO_OPEN_INTEREST),
        "spot.header": (view.spot.header, "the source gave no price of the underlying"),
        "spot.parity": (view.spot.parity, "the carry is fixed, or too few two-sided quotes imply a price"),
        "sessions.times_typical": (None if view.sessions["times_typical"].null_count() else 0, UNUSUAL),
    }
    return {path: reason or "" for path, (value, reason) in missing.items() if value is None}
