"""Audited claims as a document and as rows, for programs."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gex.signals.claims import Claimed
from gex.signals.verdicts import VERDICTS, Finding, said, spoken
from gex.signals.wording import share_words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    import polars as pl

    from gex.signals.verdicts import Figure

SCHEMA_VERSION = 1
COLUMNS = (
    *("claim", "text", "source", "verdict", "figure", "figure_verdict", "unit", "claimed"),
    *("claimed_low", "claimed_high", "tolerance", "found", "found_value", "n"),
    *("interval_low", "interval_high", "base_rate", "words", "reason"),
)
NUMBERS = ("claimed_low", "claimed_high", "tolerance", "found_value", "interval_low", "interval_high", "base_rate")


@dataclass(frozen=True)
class Failed:
    """A claim that could not be read or audited; `code` is the exit code it asks for alone."""

    name: str
    message: str
    code: int


@dataclass(frozen=True)
class Audit:
    """A file of claims, audited; `ends` is the last day of each history that was read."""

    file: str
    entries: tuple[Finding | Failed, ...]
    ends: dict[str, dt.date]

    @property
    def findings(self) -> list[Finding]:
        """The claims that could be audited."""
        return [each for each in self.entries if isinstance(each, Finding)]

    @property
    def failures(self) -> list[Failed]:
        """The claims that could not."""
        return [each for each in self.entries if isinstance(each, Failed)]


def document(audit: Audit) -> dict[str, Any]:
    """Return the audit; `jsonable` makes it JSON's."""
    return {
        "schema_version": SCHEMA_VERSION,
        "file": audit.file,
        "histories": audit.ends,
        "verdicts": {each: sum(found.verdict == each for found in audit.findings) for each in VERDICTS},
        "not_audited": len(audit.failures),
        "claims": [entry(each) for each in audit.entries],
    }


def entry(found: Finding | Failed) -> dict[str, Any]:
    """Return one claim as a document."""
    if isinstance(found, Failed):
        return {"claim": found.name, "verdict": None, "reason": found.message, "figures": []}
    return {
        "claim": found.claim.name,
        "text": found.claim.text,
        "source": found.claim.source,
        "verdict": found.verdict,
        "reason": None,
        "how": found.how,
        "note": found.claim.note or None,
        "figures": [_figure(each) for each in found.figures],
        "details": found.details,
    }


def frame(audit: Audit) -> pl.DataFrame:
    """Return a row a figure; a claim that could not be audited has one, with the reason."""
    import polars as pl

    schema = {name: pl.Float64 if name in NUMBERS else pl.Int64 if name == "n" else pl.String for name in COLUMNS}
    return pl.DataFrame([row for each in audit.entries for row in _flat(each)], schema=schema)


def claimed_words(figure: Figure) -> str | None:
    """Return what is claimed as a cell."""
    if not isinstance(figure.claimed, Claimed):
        return figure.claimed
    return spoken(figure.claimed, figure.unit).replace("at least ", "≥").replace("at most ", "≤")


def found_words(figure: Figure) -> str | None:
    """Return what is found as a cell; a share of a few cases is counted out."""
    if figure.found is None:
        return None
    if figure.name == "hit rate" and figure.n and figure.interval and isinstance(figure.found, float):
        return share_words(round(figure.found * figure.n), figure.n, figure.interval)
    return said(figure.found, figure.unit)


def _flat(found: Finding | Failed) -> Iterator[dict[str, Any]]:
    """Yield the rows of one claim."""
    if isinstance(found, Failed):
        yield {"claim": found.name, "reason": found.message}
        return
    head = {"claim": found.claim.name, "text": found.claim.text, "source": found.claim.source, "verdict": found.verdict}
    for each in found.figures:
        one = _figure(each)
        bounds = one["claimed"] if isinstance(one["claimed"], dict) else {}
        low, high = one["interval"] or (None, None)
        yield head | {
            "figure": each.name,
            "figure_verdict": each.verdict,
            "unit": each.unit,
            "claimed": claimed_words(each),
            "claimed_low": bounds.get("low"),
            "claimed_high": bounds.get("high"),
            "tolerance": bounds.get("tolerance"),
            "found": found_words(each),
            "found_value": each.found if isinstance(each.found, (int, float)) else None,
            "n": each.n,
            "interval_low": low,
            "interval_high": high,
            "base_rate": each.base_rate,
            "words": each.words,
        }


def _figure(figure: Figure) -> dict[str, Any]:
    """Return one figure as a document; an open end of what is claimed is null."""
    claimed: Any = figure.claimed
    if isinstance(claimed, Claimed):
        claimed = {name: value if math.isfinite(value) else None for name, value in asdict(claimed).items()}
    return asdict(figure) | {"claimed": claimed}
