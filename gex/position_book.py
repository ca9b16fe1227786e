"""A book of one's own: signed contracts, in place of a model of who holds what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from gex.quotes import Floats

KEY = ("root", "expiration", "strike", "option_type")


@dataclass(frozen=True)
class PositionBook:
    """Signed contracts of somebody's book, long positive.

    Attributes:
        name: What a report calls it: the file's name.
        table: `root`, `expiration`, `strike`, `option_type` as in the chain table, each contract once, and
            `contracts`; `line` where it came from a file; `variance` (contracts^2) where it is an estimate.
        digest: Of its content, for the settings' fingerprint.
        factors: Of an estimate, the errors that contracts share, which `variance` includes; see
            `gex.microstructure.factors`. None where each has its own.

    """

    name: str
    table: pl.DataFrame = field(repr=False, compare=False)
    digest: str
    factors: pl.DataFrame | None = field(default=None, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return what identifies the book, JSON-ready."""
        return {"book": self.name, "contracts": self.table.height, "sha256": self.digest}

    def contracts(self, chain: pl.DataFrame) -> Floats:
        """Return the position in each row of a chain table, 0 where the book holds none.

        Raises:
            ValueError: The book holds a contract that the chain does not list, or none at all.

        """
        import polars as pl

        own = self.table.with_columns(pl.col("option_type").cast(chain.schema["option_type"]))
        unknown = own.join(chain, on=KEY, how="anti")
        if unknown.height:
            raise ValueError(self._not_listed(unknown))
        if not (own["contracts"] != 0).any():
            raise ValueError(f"{self.name} holds no contract: every quantity is 0")
        joined = chain.select(KEY).join(own, on=KEY, how="left", maintain_order="left")["contracts"]
        held: Floats = joined.cast(pl.Float64).fill_null(0.0).to_numpy()
        return held

    def _not_listed(self, unknown: pl.DataFrame) -> str:
        """Name the first contract that the chain does not list."""
        first = unknown.row(0, named=True)
        where = f", line {first['line']}" if first.get("line") is not None else ""
        contract = f"{first['root']} {first['expiration']} {first['strike']:g} {first['option_type']}"
        more = f" and {unknown.height - 1} more" if unknown.height > 1 else ""
        return (
            f"{self.name}{where}: {contract}{more} not in the chain; take out what has expired or is on something else"
        )
