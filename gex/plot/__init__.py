"""Pictures of an analysis: text and bytes, no file; `Analysis.plot`, `ZeroDte.plot` and `gex chart` give them out."""

from typing import Literal, get_args

Kind = Literal["strikes", "profile", "heat", "expirations", "hedging"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The charts of an analysis by name."""
ZeroDteKind = Literal["surface", "charm", "path", "pin"]
ZERO_DTE_KINDS: tuple[ZeroDteKind, ...] = get_args(ZeroDteKind)
"""Those of a 0DTE view."""
