"""Figures as a trader reads them: on screens as on pictures."""

from gex.plot.figures import (
    MINUS,
    NEW_YORK,
    Money,
    clock,
    decimals,
    dollars,
    level,
    moment,
    percent,
    points,
    price,
    signed,
    spot_of,
    strike,
    three_digits,
    utc,
)

__all__ = [
    "MINUS",
    "NEW_YORK",
    "Money",
    "clock",
    "decimals",
    "dollars",
    "level",
    "moment",
    "percent",
    "points",
    "price",
    "signed",
    "spot_of",
    "strike",
    "three_digits",
    "utc",
]
