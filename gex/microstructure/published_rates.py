"""What the literature measured of the rules: the numbers, where each is from, and what is made of those it lacks.

[T] M. Bilz, "Option Trade Classification with Machine Learning" (thesis, KIT 2023; KarelZe/thesis, results.tex), which
repeats Grauer et al. on ISE and CBOE trades of 2005-2017: per cent of trades right on the test sets (Nov 2015 to May
2017), those that a rule does not tell drawn at random, and coverage; and, from what its models gain over `gsu_small` and
`gsu_large`, both stacks' accuracy by the place of the price.
[G] Grauer, Schuster and Uhrig-Homburg, "Option Trade Classification" (2022).
[S] Savickas and Wilson, "On Inferring the Direction of Option Trades", JFQA 38 (2003), 881-902.

All three take the customer's side, not the impatient one's, for the truth. Exchanges count alike. Where no number is
published, half of what the nearest one is above a half is taken, and marked [half].
"""

from __future__ import annotations

_MEASURED = {
    # rule: coverage, accuracy; ISE, then CBOE, all in per cent [T]
    "tick_ex": (91.5794, 50.2394, 91.4507, 48.9969),
    "rtick_ex": (90.3529, 50.5258, 90.2769, 50.5432),
    "tick_all": (97.8543, 53.3412, 97.2135, 50.4403),
    "rtick_all": (96.7020, 53.9891, 96.0292, 52.7056),
    "quote_ex": (91.1158, 57.0079, 90.5150, 62.0689),
    "quote_nbbo": (91.7324, 59.5656, 91.1772, 59.8123),
    "lr_ex": (99.8020, 57.1019, 99.7455, 61.5831),
    "lr_nbbo": (99.8084, 59.6227, 99.7705, 59.3730),
    "rev_lr_ex": (99.6690, 57.2014, 99.4584, 61.9898),
    "rev_lr_nbbo": (99.7292, 59.7062, 99.6335, 59.7608),
    "emo_ex": (98.7285, 53.7864, 97.9601, 48.6489),
    "emo_nbbo": (98.7186, 55.9278, 98.7186, 51.6299),
    "rev_emo_ex": (98.2749, 54.1495, 97.3242, 49.9529),
    "rev_emo_nbbo": (98.3939, 56.2168, 98.3939, 53.0736),
    "clnv_ex": (98.9537, 54.7502, 98.4350, 53.2492),
    "clnv_nbbo": (98.8975, 57.0753, 98.8975, 54.1294),
    "rev_clnv_ex": (98.6967, 55.0784, 98.0358, 54.5686),
    "rev_clnv_nbbo": (98.7000, 57.4307, 98.7000, 55.4032),
}
_SMALL = {"at_quote": (59.97, 38.18), "inside": (60.45, 65.79), "mid": (57.15, 53.74), "outside": (66.78, 74.92)}
_LARGE = {"at_quote": (78.22, 72.35), "inside": (64.50, 65.84), "mid": (68.14, 63.45), "outside": (64.92, 71.93)}
"""The stacks, per cent right by place on ISE and CBOE [T]."""
SIZED = 0.19
"""Quote rules on trades of exactly a quoted size [G, p. 17, CBOE]: they are mostly customers' limit orders, filled."""
_SIZE_RULE = (0.7992, 0.85)
"""The trade size rule on the trades it tells, ISE [G, p. 13] and CBOE [G, p. 4]."""


def told(rule: str) -> float:
    """Return how often a rule is right where it tells, the random rest taken out."""
    ise_told, ise, cboe_told, cboe = _MEASURED[rule]
    return 0.5 + ((ise - 50.0) / ise_told + (cboe - 50.0) / cboe_told) / 2.0


def half(share: float) -> float:
    """Return a share half as far from a half."""
    return (share + 0.5) / 2.0


def _mean(pair: tuple[float, float]) -> float:
    return sum(pair) / 200.0


def _unsized_at_quote() -> float:
    """Return how often quote rules are right at the quotes on trades that are not of a quoted size.

    `gsu_small` and `gsu_large` differ at the quotes by what the trade size rule turns round: a part s of the trades, of
    which one has `SIZED` right, the other the size rule's share. Both have u right of the rest. Two equations, s and u.
    """
    shares = []
    for small, large, size_rule in zip(_SMALL["at_quote"], _LARGE["at_quote"], _SIZE_RULE, strict=True):
        s = (large - small) / 100.0 / (size_rule - SIZED)
        shares.append((small / 100.0 - s * SIZED) / (1.0 - s))
    return sum(shares) / 2.0


_ON_QUOTES = {
    "at_quote": _unsized_at_quote(),
    "inside": _mean(_SMALL["inside"]),
    "outside": _mean(_SMALL["outside"]),
    "at_quote_sized": SIZED,
    "inside_sized": SIZED,
}
_AT_QUOTES = {name: _ON_QUOTES[name] for name in ("at_quote", "at_quote_sized")}


def _of_rule(rule: str) -> dict[str, float]:
    """Return the shares of one rule of `_MEASURED`."""
    tick = told("rtick_all" if rule.startswith("rev_") else "tick_all")
    kind = rule.removeprefix("rev_").rsplit("_", 1)[0]
    if kind == "quote":  # [half] for locked and crossed markets; at the national mid, its own exchange's quote tells
        return {**_ON_QUOTES, "mid": _mean(_SMALL["mid"]), "mid_sized": SIZED, "all": half(told(rule))}
    if kind == "lr":
        return {**_ON_QUOTES, "mid": tick, "all": half(told(rule))}
    if kind == "emo":
        return {**_AT_QUOTES, "all": tick}
    if kind == "clnv":
        return {**_AT_QUOTES, "all": told(rule)}
    return {"all": told(rule), **({"mid": _mean(_SMALL["mid"])} if rule == "rtick_all" else {})}


_SIZES = {"at_quote": min(_SIZE_RULE), "outside": 0.5, "all": half(min(_SIZE_RULE))}
"""At the quotes as measured on all; outside them the rule takes away from other rules [G, table 5]; elsewhere [half]."""
_DEPTH = {"all": half(_mean(_LARGE["mid"]))}
"""Never measured alone: [half] of the large stack's at the middle, where size and depth tell nearly all."""

RATES: dict[str, dict[str, float]] = {
    **{rule: _of_rule(rule) for rule in _MEASURED},
    "tsize_ex": _SIZES,
    "tsize_nbbo": {place: half(share) for place, share in _SIZES.items()},
    "depth_ex": _DEPTH,
    "depth_nbbo": _DEPTH,
}
"""How often each rule is right, by situation."""
