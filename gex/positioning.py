"""Who holds what: dealers' signed contracts, one model per convention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gex.ingest.schema import AssetClass
    from gex.quotes import Floats, Quotes
    from gex.settings import PositionsModel


def default_positions(asset_class: AssetClass) -> PositionsModel:
    """Return `naive` for indices and ETFs, whose calls are mostly sold by funds; `short-all` for stocks."""
    return "short-all" if asset_class == "stock" else "naive"


def dealer_sign(quotes: Quotes, model: PositionsModel) -> Floats:
    """Return +1 where dealers are taken to be long the contract, -1 where short.

    Source: SqueezeMetrics, "Gamma Exposure" (2017): long calls, short puts; SpotGamma's glossary for
    `short-all`: in single stocks dealers are short both.
    """
    if model == "short-all":
        return np.full(len(quotes.strike), -1.0)
    return np.where(quotes.is_call, 1.0, -1.0)


def dealer_contracts(quotes: Quotes, model: PositionsModel) -> Floats:
    """Return dealers' net contracts, long positive.

    Raises:
        ValueError: The chain has none of the counts the model needs.

    """
    held = quotes.volume if model == "volume" else quotes.open_interest
    if not held.any():
        raise ValueError(_nothing_held(model))
    return held * dealer_sign(quotes, model)


def _nothing_held(model: PositionsModel) -> str:
    """Say which counts are missing and what can be done."""
    if model == "volume":
        return "no contract has volume: take positions from open interest (--positions naive)"
    return "no contract has open interest: use --positions volume, or a file with open interest"
