"""Who holds what: dealers' signed contracts, one model per convention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.dynamics import smiles_of
from gex.position_book import PositionBook

if TYPE_CHECKING:
    import polars as pl

    from gex.ingest.schema import AssetClass
    from gex.market import Market
    from gex.quotes import Bools, Floats
    from gex.settings import PositionsModel, Settings

FULL_SKEW = 0.05
"""Call skew, as a fraction of the volatility at the money, from which on calls are taken to be all bought."""
SKEW_W = 0.674
"""Calls this many standard deviations above the forward have a delta of about 25%."""


def default_positions(asset_class: AssetClass) -> PositionsModel:
    """Return `naive` for indices and ETFs, whose calls are mostly sold by funds; `short-all` for stocks."""
    return "short-all" if asset_class == "stock" else "naive"


def dealer_contracts(chain: pl.DataFrame, market: Market, settings: Settings) -> Floats:
    """Return dealers' net contracts in each row of a chain, long positive.

    Args:
        chain: The chain table.
        market: The chain priced; `call-skew` reads its smiles.
        settings: `positions` (not None), `zero_dte_volume`, `signed_volume` and `scale`.

    Source: FlashAlpha's public definition of its live figures for the share of classified volume, 43%.

    Raises:
        ValueError: The chain has none of the counts the model needs, or not the contracts of the user's book.

    """
    contracts = _own_or_modelled(chain, market, settings)
    if settings.signed_volume:
        contracts = contracts + settings.signed_share * settings.signed_volume.contracts(chain)
    return settings.scale * contracts


def _own_or_modelled(chain: pl.DataFrame, market: Market, settings: Settings) -> Floats:
    positions = settings.positions
    if isinstance(positions, PositionBook):
        return positions.contracts(chain)
    if positions is None:
        raise ValueError("no positions: choose a model or give a book")
    held = held_contracts(market, positions, settings.zero_dte_volume)
    if not held.any():
        raise ValueError(_nothing_held(positions))
    return held * dealer_sign(market, positions)


def held_contracts(market: Market, model: PositionsModel, zero_dte_volume: float = 0.0) -> Floats:
    """Return how many contracts are taken to be held in each row, whoever is long.

    Args:
        market: The chain priced.
        model: `volume` takes today's volume, all others open interest.
        zero_dte_volume: The share that is volume in what expires today.

    """
    quotes = market.quotes
    if model == "volume":
        return quotes.volume
    if not zero_dte_volume:
        return quotes.open_interest
    mixed = (1.0 - zero_dte_volume) * quotes.open_interest + zero_dte_volume * quotes.volume
    return np.where(expires_today(market), mixed, quotes.open_interest)


def expires_today(market: Market) -> Bools:
    """Mark the rows of the chain that expire on the date the market is evaluated at."""
    today = np.asarray(market.dates.to_numpy() == np.datetime64(market.today))
    return today[market.quotes.expiration]


def dealer_sign(market: Market, model: PositionsModel) -> Floats:
    """Return +1 where dealers are taken to be long the contract, -1 where short, between where they are both.

    Source: SqueezeMetrics, "Gamma Exposure" (2017): long calls, short puts; SpotGamma's glossary for
    `short-all`: in single stocks dealers are short both; Trading Volatility's notes on skew-adjusted gamma exposure
    for the direction of `call-skew`, whose weight is our own (`call_weight`).
    """
    is_call = market.quotes.is_call
    if model == "short-all":
        return np.full(len(is_call), -1.0)
    if model == "call-skew":
        return np.where(is_call, call_weight(market)[market.quotes.expiration], -1.0)
    return np.where(is_call, 1.0, -1.0)


def call_weight(market: Market) -> Floats:
    """Return, for each (root, expiration), the sign that its call skew gives dealers' calls.

    Calls that cost less volatility than at the money are being sold, and dealers are long; where they cost more they
    are being bought. With s = w(25-delta call) / w(at the money) - 1, the weight is -s / `FULL_SKEW` between -1 and
    1; 1 without a smile.
    """
    smiles, one_each = smiles_of(market), np.arange(len(market.years) + 1)
    money = smiles.at(np.zeros(len(market.years)), one_each)
    call = smiles.at(SKEW_W * money, one_each)
    return np.nan_to_num(np.clip((1.0 - call / money) / FULL_SKEW, -1.0, 1.0), nan=1.0)


def _nothing_held(model: PositionsModel) -> str:
    """Say which counts are missing and what can be done."""
    if model == "volume":
        return "no contract has volume: take positions from open interest (--positions naive)"
    return "no contract has open interest: use --positions volume, or a file with open interest"
