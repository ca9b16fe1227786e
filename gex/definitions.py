"""What vendors call their levels, by the rules they have made public: name, unit, definition, source.

Where a vendor's exact rule is not public, the family is called "like" and the definition is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["points", "$ per +1%", "$ per point", "shares per point"]

SPOTGAMMA = "SpotGamma-like"
MENTHORQ = "MenthorQ-like"
GEXBOT = "GEXbot-like"
SQUEEZE = "SqueezeMetrics"
COMMON = "Common"
VENDORS = (SPOTGAMMA, MENTHORQ, GEXBOT, SQUEEZE, COMMON)
RANKS = range(1, 11)

SG = "https://support.spotgamma.com/hc/en-us/"
SG_EQUITY = "https://spotgamma.com/equity-analysis-glossary/"
MQ = "https://menthorq.com/guide/"
GEXBOT_API = "https://github.com/nfa-llc/gexbot-openapi"
SQUEEZE_PAPER = "SqueezeMetrics, Gamma Exposure (2017)"
SQUEEZE_GUIDE = "SqueezeMetrics, guide to the GEX+ CSV (2020): https://www.scribd.com/document/613620317/guide"
ARCHIVE = "https://github.com/Alexduanran/spx-0dte-archive"
MAX_PAIN = "https://www.investopedia.com/terms/m/maxpain.asp"

FLIP = "price nearest to spot at which re-priced net gamma is zero"
LARGEST = "strike of the largest |call| + |put|"
ONE_DAY = "standard deviation at the money to the first expiration / sqrt(weekdays to it)"


@dataclass(frozen=True)
class Definition:
    """One level or figure under one vendor's definition."""

    key: str
    """Unique: vendor and name in lower case."""
    vendor: str
    name: str
    """What the vendor calls it."""
    unit: Unit
    text: str
    """The definition in one line."""
    source: str
    """URL or document that says so."""

    @property
    def is_level(self) -> bool:
        """Whether it is a price of the underlying."""
        return self.unit == "points"


def _family(vendor: str, prefix: str, *rows: tuple[str, str, Unit, str, str]) -> tuple[Definition, ...]:
    return tuple(Definition(f"{prefix}.{key}", vendor, *rest) for key, *rest in rows)  # type: ignore[arg-type]


_SPOTGAMMA = _family(
    SPOTGAMMA,
    "spotgamma",
    ("call_wall", "Call Wall", "points", "strike of the largest net gamma", SG + "articles/15297391724179"),
    ("put_wall", "Put Wall", "points", "strike of the most negative net gamma", SG + "categories/1500000758601"),
    ("zero_gamma", "Zero Gamma", "points", FLIP, SG + "articles/15297958613907"),
    ("absolute_gamma", "Absolute Gamma", "points", f"{LARGEST} gamma, not netted", SG + "articles/15297780226451"),
    ("key_delta", "Key Delta Strike", "points", f"{LARGEST} delta, not netted", SG_EQUITY),
    (
        "hedge_wall",
        "Hedge Wall",
        "points",
        "strike nearest to where re-priced net gamma changes most within 1%",
        SG_EQUITY,
    ),
)
_MENTHORQ = _family(
    MENTHORQ,
    "menthorq",
    ("call_resistance", "Call Resistance", "points", "strike of the largest call gamma", MQ + "call-resistance/"),
    ("put_support", "Put Support", "points", "strike of the largest put gamma", MQ + "call-resistance/"),
    ("hvl", "HVL", "points", "strike where net gamma cumulated upwards is least", MQ + "high-vol-level/"),
    ("gamma_wall", "Gamma Wall", "points", "strike of the largest |net| gamma", MQ + "gex-levels/"),
    *((f"gex_{n}", f"GEX {n}", "points", f"strike number {n} by |net| gamma", MQ + "gex-levels/") for n in RANKS),
    ("one_day_min", "1D Min", "points", f"spot less {ONE_DAY}", MQ + "1d-expected-move-indicator/"),
    ("one_day_max", "1D Max", "points", f"spot plus {ONE_DAY}", MQ + "1d-expected-move-indicator/"),
)
_GEXBOT = _family(
    GEXBOT,
    "gexbot",
    ("zero_gamma", "zero_gamma", "points", FLIP, GEXBOT_API),
    ("major_pos_oi", "major_pos_oi", "points", "strike of the largest net gamma by open interest", GEXBOT_API),
    ("major_neg_oi", "major_neg_oi", "points", "strike of the most negative net gamma by open interest", GEXBOT_API),
    ("major_pos_vol", "major_pos_vol", "points", "strike of the largest net gamma by today's volume", GEXBOT_API),
    ("major_neg_vol", "major_neg_vol", "points", "strike of the most negative net gamma by volume", GEXBOT_API),
    ("sum_gex_oi", "sum_gex_oi", "$ per +1%", "net gamma by open interest", GEXBOT_API),
    ("sum_gex_vol", "sum_gex_vol", "$ per +1%", "net gamma by today's volume", GEXBOT_API),
)
_SQUEEZE = _family(
    SQUEEZE,
    "squeezemetrics",
    ("gex_2017", "GEX (2017)", "shares per point", "open interest * 100 * gamma, puts negative", SQUEEZE_PAPER),
    ("gex", "GEX (2020)", "$ per point", "spot * sum(units * gamma)", SQUEEZE_GUIDE),
    ("vex", "VEX (2020)", "$ per point", "-10 * sum(units * vanna * volatility)", SQUEEZE_GUIDE),
    ("gex_plus", "GEX+ (2020)", "$ per point", "GEX (2020) plus VEX (2020)", SQUEEZE_GUIDE),
)
_COMMON = _family(
    COMMON,
    "common",
    ("net_gex", "Net GEX", "$ per +1%", "0.01 * spot^2 * sum(units * gamma)", SQUEEZE_PAPER),
    ("max_pain", "Max Pain", "points", "settlement at which options of the first expiration pay least", MAX_PAIN),
    ("call_wall_oi", "Top Call OI", "points", "strike of the largest call open interest", SG_EQUITY),
    ("put_wall_oi", "Top Put OI", "points", "strike of the largest put open interest", SG_EQUITY),
    ("absolute_gamma_vol", "Absolute Gamma by volume", "points", f"{LARGEST} gamma, by today's volume", GEXBOT_API),
    ("cumulative_flip", "Cumulative flip", "points", "strike at which cumulated net gamma changes sign", ARCHIVE),
)
DEFINITIONS = (*_SPOTGAMMA, *_MENTHORQ, *_GEXBOT, *_SQUEEZE, *_COMMON)
BY_KEY = {definition.key: definition for definition in DEFINITIONS}
