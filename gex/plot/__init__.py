"""Pictures of an analysis: text and bytes, no file; `Analysis.plot` and `gex chart` give them out."""

from typing import Literal, get_args

Kind = Literal["strikes", "profile", "heat", "expirations", "hedging"]
KINDS: tuple[Kind, ...] = get_args(Kind)
