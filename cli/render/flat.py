"""An analysis as one flat row: what CSV, Parquet and `gex levels` hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.position_book import PositionBook

if TYPE_CHECKING:
    from gex.results import Analysis, LevelDistance

Row = dict[str, Any]


def flat_row(analysis: Analysis) -> Row:
    """Return the levels of one analysis and what they rest on, one value a column."""
    positions = analysis.settings.positions
    levels, exposure, gamma = analysis.levels, analysis.exposure, analysis.exposure.gamma_usd_per_1pct
    return {
        "underlying": analysis.underlying,
        "quote_time": analysis.quote_time,
        "status": analysis.status,
        "delay_minutes": analysis.delay_minutes,
        "spot": analysis.spot.used,
        "spot_header": analysis.spot.header,
        "spot_parity": analysis.spot.parity,
        "regime": analysis.regime,
        "gamma_flip": levels.gamma_flip,
        "points_per_1pct_of_gross": levels.points_per_1pct_of_gross,
        "call_wall": levels.call_wall,
        "put_wall": levels.put_wall,
        "absolute_gamma_strike": levels.absolute_gamma_strike,
        "high_vol_level": levels.high_vol_level,
        **_distances(analysis.distances),
        "net_gamma_usd_per_1pct": gamma.net,
        "gross_gamma_usd_per_1pct": gamma.gross,
        "condition_number": exposure.condition_number,
        "delta_usd": exposure.delta_usd,
        "vanna_usd_per_vol_point": exposure.vanna_usd_per_vol_point,
        "charm_usd_to_close": exposure.charm_usd_to_close,
        **_zero_dte(analysis),
        "positions": positions.name if isinstance(positions, PositionBook) else positions,
        "vol": analysis.settings.vol,
        "settings_fingerprint": analysis.settings.fingerprint,
        "rows_in": analysis.quality.rows_in,
        "rows_used": analysis.rows_used,
        "source": analysis.source.path,
        "sha256": analysis.source.sha256,
        "tool_version": analysis.source.tool_version,
    }


def _distances(distances: dict[str, LevelDistance]) -> Row:
    row: Row = {}
    for name in ("gamma_flip", "call_wall", "put_wall"):
        found = distances.get(name)
        row[f"{name}_points"] = found and found.points
        row[f"{name}_sigma"] = found and found.sigma
        row[f"{name}_touch_probability"] = found and found.touch_probability
    return row


def _zero_dte(analysis: Analysis) -> Row:
    part = analysis.zero_dte
    return {
        "zero_dte_sign": part and part.sign,
        "zero_dte_net_gamma_usd_per_1pct": part and part.exposure.gamma_usd_per_1pct.net,
        "zero_dte_net_by_volume_usd_per_1pct": part and part.net_by_volume,
        "zero_dte_share_of_gross": part and part.share_of_gross,
        "zero_dte_gamma_flip": part and part.levels.gamma_flip,
        "zero_dte_call_wall": part and part.levels.call_wall,
        "zero_dte_put_wall": part and part.levels.put_wall,
    }
