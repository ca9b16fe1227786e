"""What the simulated market is made of; README.md says what each setting does and what it was set by."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

EXCHANGES = ("A", "C", "I", "N", "X", "Z")
"""Letters of OPRA's participants."""
AGENTS = ("retail", "institutional", "maker")
RETAIL, INSTITUTIONAL, MAKER = range(3)
KINDS = ("market", "sweep", "auction", "middle", "limit", "crossing", "complex")
MARKET, SWEEP, AUCTION, MIDDLE, LIMIT, CROSSING, COMPLEX = range(7)
TAKING, RESTING = (MARKET, SWEEP), (LIMIT, CROSSING)
"""How a trade comes about: an order that takes a maker's quote, one that goes through it, one improved in an auction, one
agreed on in the middle, a customer's resting order that a maker or (crossing) another customer takes, a complex leg."""


@dataclass(frozen=True)
class Settings:
    """One market, that of ISE; `retail_kinds` and `institutional_kinds` follow `KINDS` as far as crossing and add up to 1."""

    trades: int = 20_000
    date: dt.date = dt.date(2025, 9, 5)
    until: dt.time = dt.time(15, 45)
    spot: float = 6500.0
    rate: float = 0.04
    dividend: float = 0.013
    daily_volatility: float = 0.0075
    days_out: tuple[int, ...] = (0, 3, 7, 28)
    steps: tuple[float, ...] = (5.0, 10.0, 25.0, 25.0)
    shares: tuple[float, ...] = (0.55, 0.15, 0.15, 0.15)
    at_the_money: tuple[float, ...] = (0.30, 0.19, 0.17, 0.15)
    strikes: int = 61

    complex_share: float = 0.13
    retail_share: float = 0.6
    retail_kinds: tuple[float, ...] = (0.48, 0.02, 0.22, 0.03, 0.22, 0.03)
    institutional_kinds: tuple[float, ...] = (0.34, 0.06, 0.12, 0.10, 0.33, 0.05)
    retail_size: float = 4.0
    institutional_size: float = 25.0
    lean: float = 0.25
    contrarian: float = 0.4
    memory: int = 2
    patience: float = 0.6

    half_spread: tuple[float, float] = (0.10, 0.07)
    skew: float = 0.32
    widening: float = 0.4
    quote_size: float = 70.0
    quote_lag: float = 1.0
    national_delay: float = 0.35
    improvement: float = 0.4
    whole_fill: float = 0.85
    matched: float = 0.42
    order_age: float = 20.0
    depth: float = 0.3
    met_by_customer: float = 0.1
    late: float = 0.005
    cancelled: float = 0.003
    opening_interest: float = 300.0
    opening_shares: tuple[float, ...] = (0.15, 0.15, 0.3, 0.4)


CBOE = Settings(
    complex_share=0.13,
    retail_kinds=(0.31, 0.02, 0.42, 0.02, 0.20, 0.03),
    institutional_kinds=(0.22, 0.05, 0.28, 0.12, 0.28, 0.05),
    contrarian=0.5,
    memory=3,
    skew=0.15,
    widening=0.5,
    national_delay=2.8,
    improvement=0.37,
    matched=0.75,
)
PRESETS = {"ise": Settings(), "cboe": CBOE}
