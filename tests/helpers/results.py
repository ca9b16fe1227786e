"""A results folder filled without `gex batch`: the parts and the manifest as it would leave them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from gex.analysis import analyze
from gex.cli.render.flat import flat_row
from gex.ingest.read import read_chain
from gex.ingest.result_manifest import Run
from gex.ingest.result_parts import part_of, write_parts
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gex.results import Analysis

SPEC = "5b77aa1012345678"


def fill(paths: Iterable[Path], results: Path, settings: Settings | None = None, spec: str = SPEC) -> None:
    """Analyse files and keep what comes of them, in one run."""
    settings = settings or Settings(band=())
    run = Run(results, {})
    for number, path in enumerate(paths):
        chain = read_chain(path)
        found = analyze(chain, settings)
        part = part_of(chain, spec, "0.1.0", results)
        key = {"underlying": chain.underlying, "quote_time": chain.quote_time, "quote_date": chain.quote_date}
        key |= {"sha256": chain.source.sha256, "spec_fingerprint": spec, "tool_version": "0.1.0"}
        whose = [pl.lit(value).alias(name) for name, value in key.items()]
        tables = {name: getattr(found, name).select(*whose, pl.all()) for name in ("by_expiration", "by_strike")}
        sums = write_parts({"summary": _summary(found, spec), **tables}, part, {"settings": settings.as_dict()})
        line = {"event": "job", "number": number, "input": str(path), "part": part.place, "part_sha256": sums}
        run.append(line)
    run.close()


def _summary(found: Analysis, spec: str) -> pl.DataFrame:
    row: dict[str, Any] = flat_row(found) | {
        "quote_date": found.quote_time.date(),
        "spec_fingerprint": spec,
        "warnings": list(found.warnings),
    }
    del row["source"]
    floats = {name: pl.Float64 for name, value in row.items() if value is None and name != "certainty"}
    return pl.DataFrame([row], schema_overrides=floats | {"certainty": pl.String, "warnings": pl.List(pl.String)})
