"""What published names stand for: a definition of `gex.definitions` and, where the name says so, the expirations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from gex.definitions import BY_KEY, DEFINITIONS

Kind = Literal["level", "figure", "spot", "proprietary", "unknown"]

NAMES = {
    "spotgamma.call_wall": ("call wall", "cw", "gamma call wall"),
    "spotgamma.put_wall": ("put wall", "pw", "gamma put wall"),
    "spotgamma.zero_gamma": ("zero gamma", "zg", "gamma flip", "flip", "gex flip", "zero gex", "flip point"),
    "spotgamma.absolute_gamma": ("absolute gamma", "abs gamma", "absolute gamma strike", "abs gamma strike"),
    "spotgamma.key_delta": ("key delta", "key delta strike"),
    "menthorq.call_resistance": ("call resistance", "cr"),
    "menthorq.put_support": ("put support", "ps"),
    "menthorq.hvl": ("hvl", "high vol", "high volatility"),
    "menthorq.one_day_min": ("1d min", "1 day min"),
    "menthorq.one_day_max": ("1d max", "1 day max"),
    "common.net_gex": ("net gex", "total gex", "net gamma", "total gamma", "net gamma exposure"),
    "common.max_pain": ("max pain", "maxpain"),
    "common.call_wall_oi": ("top call oi", "max call oi", "call wall oi"),
    "common.put_wall_oi": ("top put oi", "max put oi", "put wall oi"),
    "squeezemetrics.gex_plus": ("gex+", "gex plus"),
    "squeezemetrics.vex": ("vex",),
}
"""Beside each definition's own name, and its key's last part."""
PROPRIETARY = re.compile(r"vol(atility)? trigger|combos?( \d+)?|risk pivot|bl \d+|blind spot.*|sg ?\d+|swing.*|dix")
SPOT = {"spot", "spot price", "reference price", "ref price", "price", "last"}
WORDS = re.compile(r"\b(level|levels|strike|spx|ndx|spy|qqq)\b")


@dataclass(frozen=True)
class PublishedName:
    """What a name stands for."""

    kind: Kind
    key: str | None = None
    """Of the definition."""
    scope: str | None = None
    """The expirations the name speaks of, as in `gex.scopes`; None where it does not say."""

    @property
    def known(self) -> bool:
        """Whether the name is one that vendors use."""
        return self.kind != "unknown"

    @property
    def is_level(self) -> bool:
        """Whether its value must be a price of the underlying."""
        return self.kind in {"level", "spot", "proprietary"}


def named(name: str) -> PublishedName:
    """Return what a published name stands for."""
    plain = _plain(name)
    scope = "0dte" if "0dte" in plain.split() else None
    plain = " ".join(word for word in plain.split() if word != "0dte")
    for tried in (plain, _plain(WORDS.sub(" ", plain))):
        if tried in SPOT:
            return PublishedName("spot")
        if PROPRIETARY.fullmatch(tried):
            return PublishedName("proprietary")
        if key := _keys().get(tried):
            return PublishedName("level" if BY_KEY[key].is_level else "figure", key, scope)
    return PublishedName("unknown")


def _plain(name: str) -> str:
    """Return a name in lower case, without the signs and spaces that differ between writers."""
    return " ".join(re.sub(r"[\s_\-./()$^™]+", " ", name.casefold()).split())


@cache
def _keys() -> dict[str, str]:
    """Return the definition of each name, the first in the order of the definitions where two share one."""
    found: dict[str, str] = {}
    for definition in DEFINITIONS:
        last = definition.key.rpartition(".")[2]
        for name in (definition.name, last, *NAMES.get(definition.key, ())):
            found.setdefault(_plain(name), definition.key)
    return found
