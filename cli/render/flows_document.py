"""The flows of a session as a JSON document and as long tables: units in the names, null with a reason beside it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from gex.analysis import Priced
    from gex.flows.funds import Fund
    from gex.flows.hedging import Hedging
    from gex.flows.session import Part, SessionFlows
    from gex.flows.volatility_control import VolatilityControl

SCHEMA_VERSION = 1
STRIKE_MOVES = (-0.01, 0.01)
"""Moves of which the strikes behind dealers' hedging are shown."""
NO_CLOSE = "no history up to the session before, and no --previous-close"
NO_CHAIN = "no chain: give a SOURCE"
NO_EVENTS = "no --fund-history"
NO_DECISION = "volatility control is missing, see parts"


@dataclass(frozen=True)
class Shown:
    """What there is to show.

    Attributes:
        flows: Everyone on one curve.
        base: The chain priced; None without one.
        funds: The whole table, other indices' funds too.
        warnings: For people.
        events: Liquidations of funds, largest first; None where no history of funds was given.

    """

    flows: SessionFlows
    base: Priced | None
    funds: tuple[Fund, ...]
    warnings: tuple[str, ...]
    events: pl.DataFrame | None

    @property
    def hedging(self) -> Hedging:
        """The flow of dealers.

        Raises:
            ValueError: There is no chain.

        """
        flow = self.part("dealers").flow
        if flow is None:
            raise ValueError(NO_CHAIN)
        return flow  # type: ignore[return-value]  # the part of that name

    def part(self, name: str) -> Part:
        """Return a part by its name."""
        return next(part for part in self.flows.parts if part.name == name)

    @property
    def volatility_control(self) -> VolatilityControl | None:
        """The flow of volatility control, if it is there."""
        return self.part("volatility_control").flow  # type: ignore[return-value]  # the part of that name


def document(shown: Shown) -> dict[str, Any]:
    """Return the document; `jsonable` turns its times and NaN into JSON's."""
    flows, curve, session, base = shown.flows, shown.flows.curve, shown.flows.session, shown.base
    control = shown.volatility_control
    return {
        "schema_version": SCHEMA_VERSION,
        "underlying": flows.underlying,
        "spot": flows.spot,
        "previous_close": flows.previous_close,
        "session": asdict(session) | {"begun": session.begun, "minutes": session.minutes},
        "parts": [
            {"name": part.name, "present": part.flow is not None, "reason": part.reason} | part.about
            for part in flows.parts
        ],
        "spots": curve.spots.tolist(),
        "elapsed": curve.elapsed.tolist(),
        "times": [session.at(float(each)) for each in curve.elapsed],
        "usd": {part.name: curve.usd[part.name].tolist() if part.flow else None for part in flows.parts},
        "total_usd": curve.total.tolist(),
        "book_usd_per_point": curve.book.tolist(),
        "decided_usd": None if control is None else control.decided_usd(curve.spots).tolist(),
        "orders": None if base is None else orders(shown).to_dicts(),
        "strikes": None if base is None else strikes(shown).to_dicts(),
        "funds": funds(shown).to_dicts(),
        "events": None if shown.events is None else shown.events.to_dicts(),
        "assumptions": assumptions(shown),
        "warnings": shown.warnings,
        "settings": base and base.settings.as_dict() | {"fingerprint": base.settings.fingerprint},
        "source": base and asdict(base.chain.source),
        "reasons": _reasons(shown),
    }


def frame_of(shown: Shown, table: str) -> pl.DataFrame:
    """Return one of the tables, with what it is of beside each row."""
    if table == "events" and shown.events is not None:
        return shown.events
    make = {"orders": orders, "strikes": strikes, "funds": funds}.get(table, _curve)
    frame = make(shown)
    return frame.select(
        pl.lit(shown.flows.underlying).alias("underlying"), pl.lit(shown.flows.session.date).alias("session"), pl.all()
    )


def _curve(shown: Shown) -> pl.DataFrame:
    return shown.flows.frame()


def orders(shown: Shown) -> pl.DataFrame:
    """Return the orders that dealers' hedging amounts to now, at the prices of the curve."""
    from gex.flows.hedging import order_book

    dealers = shown.hedging
    return order_book(dealers.book, shown.flows.curve.spots, vol_points=dealers.vol_points)


def strikes(shown: Shown) -> pl.DataFrame:
    """Return the strikes behind dealers' hedging of a move either way, now: `move_pct` and those of `strike_flows`."""
    from gex.flows.hedging import strike_flows

    dealers, spot = shown.hedging, shown.flows.spot
    return pl.concat(
        strike_flows(dealers.book, spot, spot * (1.0 + move), vol_points=dealers.vol_points).select(
            pl.lit(100.0 * move).alias("move_pct"), pl.all()
        )
        for move in STRIKE_MOVES
    )


def funds(shown: Shown) -> pl.DataFrame:
    """Return the table of funds, all indices."""
    from gex.flows.funds import fund_frame

    return fund_frame(shown.funds)


def assumptions(shown: Shown) -> list[str]:
    """Say what the figures rest on."""
    lines = ["positive buys; dealers count from now, all others from the open; valued at the price of the row"]
    if shown.part("dealers").flow is not None:
        lines.append("dealers: full re-pricing of the chain as held now, hedged at the price now")
    if shown.part("leveraged_funds").flow is not None:
        lines.append(
            "leveraged funds: L(L-1) of assets times the return since the close before, evenly in the last half hour"
        )
    if shown.volatility_control is not None:
        lines.append("volatility control: what closes up to now have decided, evenly in the last half hour")
    if shown.part("trend_followers").flow is not None:
        lines.append("trend followers: fitted to published figures (docs/flows-trend.md), evenly through the session")
    return lines


def _reasons(shown: Shown) -> dict[str, str]:
    """Say why each null is null, under its path."""
    found = {f"usd.{part.name}": part.reason for part in shown.flows.parts if part.reason}
    if shown.flows.previous_close is None:
        found["previous_close"] = NO_CLOSE
    if shown.base is None:
        found |= dict.fromkeys(("orders", "strikes", "settings", "source"), NO_CHAIN)
    if shown.volatility_control is None:
        found["decided_usd"] = NO_DECISION
    if shown.events is None:
        found["events"] = NO_EVENTS
    if any(fund.aum_usd is None for fund in shown.funds):
        found["funds.aum_usd"] = "no dated source: give --funds FILE"
    return found
