"""A results folder filled without `gex batch`: the parts and the manifest as it would leave them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.analysis import analyze
from gex.cli.batch.frames import frames_of
from gex.cli.batch.spec import Spec
from gex.cli.options import ReadOptions
from gex.ingest.read import read_chain
from gex.ingest.result_manifest import Run
from gex.ingest.result_parts import part_of, write_parts
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


READ = ReadOptions(None, None, None, (), {}, None, None, None, strict=False, max_bad=0.2)
SPEC = "5b77aa1012345678"


def fill(paths: Iterable[Path], results: Path, settings: Settings | None = None, spec: str = SPEC) -> None:
    """Analyse files and keep what comes of them, in one run."""
    settings = settings or Settings(band=())
    run = Run(results, {})
    for number, path in enumerate(paths):
        chain = read_chain(path)
        found = analyze(chain, settings)
        part = part_of(chain, spec, "0.1.0", results)
        footer = Spec(settings, READ).footer(settings.curve)
        sums = write_parts(frames_of(chain, found, spec), part, footer)
        line = {"event": "job", "number": number, "input": str(path), "part": part.place, "part_sha256": sums}
        run.append(line)
    run.close()
