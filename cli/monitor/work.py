"""One file of the feed: into the store, and its results beside those that are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gex import __version__
from gex.cli.ingest import watched
from gex.cli.sources import answered, read_keywords

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from gex.cli.options import ReadOptions
    from gex.ingest.result_parts import Table
    from gex.ingest.schema import Chain
    from gex.results import Analysis
    from gex.settings import Settings


@dataclass(frozen=True)
class Work:
    """Makes results of files.

    Attributes:
        store: Where snapshots are kept.
        results: Where results are kept.
        read: How files are read.
        settings: What the results are made under.

    """

    store: Path
    results: Path
    read: ReadOptions
    settings: Settings

    @property
    def spec(self) -> str:
        """The fingerprint of what the results are made under."""
        return self.settings.fingerprint

    def __call__(self, name: str) -> set[str]:
        """Take in a file and return the symbols that have results which were not there.

        Raises:
            ChainError: It cannot be read or analysed, or the disk refuses.

        """
        from gex.ingest.intake import take

        keywords = read_keywords(self.read, None)
        taken = take(name, self.store, keywords, lambda chains: watched(chains, name, self.read, _silent))
        return {each["symbol"] for each in taken.snapshots if self._keep(each)}

    def _keep(self, told: dict[str, Any]) -> bool:
        """Make the results of a snapshot of the store, unless they are there."""
        from gex.analysis import analyze
        from gex.ingest.result_parts import part_of, write_parts
        from gex.ingest.store import snapshots

        snapshot = next(each for each in snapshots(self.store, told["symbol"]) if each.name == told["name"])
        chain = snapshot.read()[0]
        part = part_of(chain, self.spec, __version__, self.results)
        if part.path.exists():
            return False
        analysis = answered(chain, self.settings, str(snapshot.path), lambda each, own: analyze(each, settings=own))
        write_parts(_frames(analysis, chain, self.spec), part, {"settings": self.settings.as_dict()})
        return True


def _silent(_steps: int, _what: str) -> None:
    """Show no progress."""


def _frames(analysis: Analysis, chain: Chain, spec: str) -> dict[Table, pl.DataFrame]:
    import polars as pl

    from gex.cli.render.flat import flat_row
    from gex.limit_fields import FIELDS

    keys = {"quote_date": chain.quote_date, "spec_fingerprint": spec}
    types = {name: pl.String if each.unit == "word" else pl.Float64 for name, each in FIELDS.items()}
    summary = pl.DataFrame([flat_row(analysis) | keys], schema_overrides=types)
    whose = keys | {"underlying": analysis.underlying, "quote_time": analysis.quote_time}
    added = [pl.lit(value).alias(name) for name, value in whose.items()]
    return {
        "summary": summary,
        "by_expiration": analysis.by_expiration.with_columns(added),
        "by_strike": analysis.by_strike.with_columns(added),
    }
