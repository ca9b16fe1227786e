"""The fields that limits can be set on: the columns of a series of results, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from gex.results import Certainty, DataStatus, Regime

if TYPE_CHECKING:
    import polars as pl

Unit = Literal["price", "points", "percent", "usd", "share", "sigma", "count", "ratio", "minutes", "sessions", "word"]


@dataclass(frozen=True)
class Field:
    """What a limit can look at."""

    unit: Unit
    meaning: str
    words: tuple[str, ...] = ()
    """The values of a word."""
    of_now: bool = False
    """Known of the last snapshot alone: it depends on when one looks."""


def _levels() -> dict[str, Field]:
    """Return the flip and the walls, their distances from spot and their bands."""
    fields = {}
    for name, what in (("gamma_flip", "gamma flip"), ("call_wall", "call wall"), ("put_wall", "put wall")):
        fields[name] = Field("price", f"the {what}")
        fields[f"{name}_points"] = Field("points", f"from spot up to the {what}")
        fields[f"{name}_pct"] = Field("percent", f"the same in percent of spot, {what}")
        fields[f"{name}_sigma"] = Field("sigma", f"the same in standard deviations of the nearest expiration, {what}")
        fields[f"{name}_touch_probability"] = Field("share", f"odds of touching the {what} before that expires, 0 to 1")
        for group, over in (("method", "methods"), ("positions", "models of who holds what")):
            for end in ("low", "high"):
                fields[f"{name}_{group}_{end}"] = Field("price", f"{end} end of the {what}'s band over {over}")
    return fields


FIELDS: dict[str, Field] = {
    "spot": Field("price", "the price of the underlying used"),
    "spot_header": Field("price", "the source's price"),
    "spot_parity": Field("price", "the price that parity implies"),
    "regime": Field("word", "the side of the flip", get_args(Regime)),
    **_levels(),
    "points_per_1pct_of_gross": Field("points", "the flip's move when net gamma shifts by 1% of gross"),
    "certainty": Field("word", "how firm the flip is", get_args(Certainty)),
    "absolute_gamma_strike": Field("price", "the strike of the largest gross gamma"),
    "high_vol_level": Field("price", "the high-volatility level"),
    "net_gamma_usd_per_1pct": Field("usd", "dealers' net gamma, $ per +1%"),
    "gross_gamma_usd_per_1pct": Field("usd", "gross gamma, $ per +1%"),
    "net_to_gross": Field("ratio", "net over gross gamma, −1 to 1"),
    "condition_number": Field("ratio", "gross over |net| gamma"),
    "delta_usd": Field("usd", "dealers' delta, $"),
    "vanna_usd_per_vol_point": Field("usd", "dealers' vanna, $ per volatility point"),
    "charm_usd_to_close": Field("usd", "change of dealers' delta to the next close, $"),
    "zero_dte_sign": Field("word", "the sign of today's expiration alone", ("positive", "negative", "unknown")),
    "zero_dte_net_gamma_usd_per_1pct": Field("usd", "net gamma of today's expiration, $ per +1%"),
    "zero_dte_net_by_volume_usd_per_1pct": Field("usd", "the same by today's volume, $ per +1%"),
    "zero_dte_share_of_gross": Field("share", "today's expiration's share of gross gamma, 0 to 1"),
    "zero_dte_gamma_flip": Field("price", "the flip of today's expiration"),
    "zero_dte_call_wall": Field("price", "the call wall of today's expiration"),
    "zero_dte_put_wall": Field("price", "the put wall of today's expiration"),
    "status": Field("word", "the state of the data", get_args(DataStatus)),
    "delay_minutes": Field("minutes", "the age of the quotes at the source's own time"),
    "rows_in": Field("count", "rows of the input"),
    "rows_used": Field("count", "rows used"),
    "rows_used_share": Field("share", "rows used of all rows of the input, 0 to 1"),
    "quality_quarantined": Field("count", "rows set aside, for any reason"),
    "quality_flagged": Field("count", "flags on rows that are used"),
    "age_minutes": Field("minutes", "trading minutes of the exchange since the quotes were made", of_now=True),
    "age_sessions": Field("sessions", "sessions begun since the quotes' date", of_now=True),
}
"""By name: what limits can be set on."""


def derived(series: pl.DataFrame) -> pl.DataFrame:
    """Add the fields that follow from others, where those are there and these are not."""
    import polars as pl

    col = pl.col
    ratios = {
        "net_to_gross": (("net_gamma_usd_per_1pct", "gross_gamma_usd_per_1pct"), 1.0),
        "rows_used_share": (("rows_used", "rows_in"), 1.0),
        **{f"{name}_pct": ((f"{name}_points", "spot"), 100.0) for name in ("gamma_flip", "call_wall", "put_wall")},
    }
    return series.with_columns(
        (scale * col(part) / col(whole)).alias(name)
        for name, ((part, whole), scale) in ratios.items()
        if name not in series.columns and {part, whole} <= set(series.columns)
    )
