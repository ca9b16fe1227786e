"""The past of a source: where its figures stand among the results of the sessions before it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gex.cli.batch.spec import spec_of
from gex.cli.log import LOGGER
from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import UnreadableError
from gex.ingest.result_parts import parts, read_part
from gex.results import MergedAnalysis

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from gex.cli.options import ReadOptions
    from gex.history import Standing
    from gex.ingest.result_parts import Part
    from gex.results import Analysis
    from gex.settings import Settings

HARMLESS = {"curve", "band", "ladder", "spot", "positions"}
"""Settings in which results may differ and still be compared; positions are compared by what they came to."""


@dataclass
class Past:
    """Results of earlier sessions under the same settings, for as many sources as a run has."""

    results: Path
    settings: Settings
    read: ReadOptions
    series: dict[tuple[str, str], pl.DataFrame] = field(default_factory=dict)
    """Those that were read, by symbol and spec."""

    def standing(self, analysis: Analysis) -> Standing | None:
        """Return where an analysis stands; None where no session before it has a result to be compared with."""
        if isinstance(analysis, MergedAnalysis):
            return None
        day = analysis.quote_time.astimezone(NEW_YORK).date()
        earlier = [part for part in parts(self.results, "summary", analysis.underlying) if part.quote_date < day]
        spec = self._spec(earlier, analysis)
        if spec is None:
            LOGGER.info("%s: no earlier result of %s under these settings", self.results, analysis.underlying)
            return None
        from gex.history import standing_of

        flip, gamma = analysis.distances.get("gamma_flip"), analysis.exposure.gamma_usd_per_1pct
        figures = {
            "net_gamma_usd_per_1pct": gamma.net,
            "gross_gamma_usd_per_1pct": gamma.gross,
            "spot_above_flip_pct": -flip.pct if flip else None,
        }
        return standing_of(figures, self._read(analysis.underlying, spec), day)

    def _spec(self, earlier: list[Part], analysis: Analysis) -> str | None:
        """Return the spec of these settings if there are results under it, else the most frequent one like it."""
        own = spec_of(self.settings, self.read)
        counts = Counter(part.spec for part in earlier)
        if own.fingerprint[:8] in counts:
            return own.fingerprint[:8]
        asked = own.as_dict()["settings"]
        last = {part.spec: part for part in earlier}
        return next((spec for spec, _ in counts.most_common() if _alike(last[spec], asked, analysis)), None)

    def _read(self, symbol: str, spec: str) -> pl.DataFrame:
        """Return the series of a spec, read once; what is damaged is named and left out."""
        from gex.ingest.result_store import scan_series

        if (symbol, spec) not in self.series:
            try:
                found = scan_series(self.results, symbol, spec=spec).collect()
            except UnreadableError as error:
                LOGGER.warning("%s; left out of the past, like any other damaged result", error)
                found = scan_series(self.results, symbol, spec=spec, damaged="skip").collect()
            self.series[symbol, spec] = found
        return self.series[symbol, spec]


def _alike(part: Part, asked: dict[str, Any], analysis: Analysis) -> bool:
    """Tell whether a result was computed under settings that let it be compared."""
    try:
        frame, footer = read_part(part)
    except UnreadableError:
        return False
    then = footer["settings"]
    if any(isinstance(each, dict) for each in (then["positions"], asked["positions"])):
        return bool(then == asked)
    same = all(then.get(name) == value for name, value in asked.items() if name not in HARMLESS)
    return same and bool(frame["positions"][0] == analysis.settings.positions_name)
