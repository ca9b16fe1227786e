"""Damaged files of every shape, read for as long as you like: `python tests/fuzz/run.py --seconds 600 datashop`.

For each seed (`seeds.py`) whose name begins so, all without a name, files are damaged (`mutate.py`) and read. Nothing
but a `ChainError` may come of it; what is read is of the seed's format, with every row accounted for; no reading takes longer
than `--limit` seconds. A file that breaks this is kept under `--keep` as SEED.DIGEST; a hang or crash ends the
run and leaves the file it was on, `current`.
The same `--seed` makes the same files. `--atheris` lets atheris (`pip install atheris`) steer the same damages on one seed by
the branches of the readers that they reach.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import hashlib
import io
import json
import random
import sys
import time
import traceback
from collections import Counter
from functools import cache
from importlib import import_module
from itertools import repeat
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import daily_seeds
import tape_seeds
from mutate import mutated
from seeds import BESIDE, COLUMNS, format_of, seeds

from gex.ingest.errors import ChainError
from gex.ingest.read import read_chains
from gex.ingest.readers import csv_pieces
from gex.ingest.schema import KEY, SCHEMA, SORT

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = {"csv", "parquet"}
"""Formats that keep the provenance and the account of an earlier reading, whose rows set aside are no longer there."""

USERS: dict[str, dict[str, Any]] = {
    "databento": {"spot": 5283.0},
    "massive_flat": {"spot": 5283.4},
    "optionsdx": {"underlying": "SPX"},
    "yfinance": {"spot": 5283.0, "quote_time": "2024-06-03T11:45"},
}
"""What the user must say of formats that do not."""


@cache
def completed(kind: str) -> bytes:
    """Return the chain that files of a format complete."""
    return seeds()[BESIDE[kind]]


def check(path: Path, kind: str) -> str:
    """Read a file that was once of a format, and return what came of it: read, refused, or partly so."""
    refused: list[ChainError] = []
    read = 0
    if kind.startswith((tape_seeds.PREFIX, daily_seeds.PREFIX)):
        try:
            return tape_seeds.check(path, kind) if kind.startswith(tape_seeds.PREFIX) else daily_seeds.check(path)
        except ChainError:
            return "refused"
    source, beside = (io.BytesIO(completed(kind)), [path]) if kind in BESIDE else (path, [])
    said, columns = USERS.get(kind, {}), COLUMNS.get(kind)
    kind = format_of(BESIDE.get(kind, kind))
    try:
        for chain in read_chains(source, **said, columns=columns, beside=beside, on_error=refused.append):
            read += 1
            quality = chain.quality
            aside = sum(quality.quarantined.values())
            assert kind in OURS or chain.source.format == kind, f"read as {chain.source.format}"
            assert quality.rows_in == quality.rows_kept + aside, "rows lost"
            assert chain.frame.height == quality.rows_kept > 0, "rows lost"
            assert kind in OURS or chain.quarantine.height == aside, "rows set aside lost"
            assert chain.frame.schema == SCHEMA, "columns"
            assert chain.frame.equals(chain.frame.sort(SORT)), "order"
            assert chain.frame.select(KEY).is_unique().all(), "contract twice"
            assert kind in OURS or (chain.frame["expires_at"] > chain.quote_time).all(), "expired"
    except ChainError as error:
        refused.append(error)
    return "refused" if not read else "partly" if refused else "read"


def turns(seconds: float, files: int | None) -> Iterator[None]:
    """Yield once for each of so many files, or for so many seconds."""
    if files is not None:
        yield from repeat(None, files)
        return
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def fuzz(name: str, seed: bytes, some: Iterator[None], draw: random.Random, keep: Path, limit: float) -> Counter[str]:
    """Damage and read one seed in each of its turns, and count what came of it."""
    counts: Counter[str] = Counter()
    slowest = 0.0
    current = keep / "current"
    for _ in some:
        # Long CSV files come in pieces: small ones bring their borders into small files.
        csv_pieces.SIZE, csv_pieces.SLICE = draw.choice(((8 << 20, 1 << 14), (3000, 64), (500, 64)))
        data = mutated(seed, draw)
        current.write_bytes(data)
        began = time.monotonic()
        faulthandler.dump_traceback_later(limit, exit=True)
        try:
            counts[check(current, format_of(name))] += 1
        except BaseException as error:  # Polars panics with what is no Exception.
            if isinstance(error, KeyboardInterrupt):
                raise
            counts["failed"] += 1
            place = keep / f"{name}.{hashlib.sha256(data).hexdigest()[:12]}"
            place.write_bytes(data)
            print(f"{place}: {type(error).__name__}: {error}", file=sys.stderr)
            traceback.print_exc(limit=-3)
        finally:
            faulthandler.cancel_dump_traceback_later()
        slowest = max(slowest, time.monotonic() - began)
    current.unlink()
    counts["slowest_ms"] = round(1000 * slowest)
    return counts


def steered(name: str, seed: bytes, seconds: float, keep: Path) -> None:
    """Let atheris choose which files to damage further, by the branches of the readers they reach."""
    import atheris

    with atheris.instrument_imports(include=["gex.ingest"]):
        for module in [each for each in sys.modules if each.startswith("gex.ingest")]:
            del sys.modules[module]
        from gex.ingest import readers
        from gex.ingest.errors import ChainError as Known
        from gex.ingest.read import read_chains as again

        for each in iter_modules(readers.__path__, "gex.ingest.readers."):
            import_module(each.name)
    globals().update(ChainError=Known, read_chains=again)
    corpus = keep / "corpus"
    corpus.mkdir(exist_ok=True)
    (corpus / "seed").write_bytes(seed)
    current = keep / "current"

    def one(data: bytes) -> None:
        current.write_bytes(data)
        check(current, format_of(name))

    def mutator(data: bytes, size: int, number: int) -> bytes:
        return mutated(data or seed, random.Random(number))[:size]

    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={int(seconds)}",
            f"-max_len={8 * len(seed)}",
            "-timeout=20",
            f"-artifact_prefix={keep}/",
            str(corpus),
        ],
        one,
        custom_mutator=mutator,
    )
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="beginnings of the seeds' names")
    parser.add_argument("--seconds", type=float, default=60, help="for each seed")
    parser.add_argument("--files", type=int, help="so many of each seed, the same ones on every machine")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=20, help="seconds that one reading may take")
    parser.add_argument("--keep", type=Path, default=Path(".fuzz"), help="folder for the files that fail")
    parser.add_argument("--atheris", action="store_true")
    asked = parser.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    every = seeds() | tape_seeds.seeds() | daily_seeds.seeds()
    chosen = {name: data for name, data in every.items() if name.startswith(tuple(asked.names) or "")}
    if not chosen or (asked.atheris and len(chosen) != 1):
        parser.error(f"name {'one' if asked.atheris else 'some'} of {', '.join(seeds())}")
    if asked.atheris:
        steered(*chosen.popitem(), asked.seconds, asked.keep)
    failed = 0
    for name, data in chosen.items():
        draw = random.Random(f"{asked.seed} {name}")
        counts = fuzz(name, data, turns(asked.seconds, asked.files), draw, asked.keep, asked.limit)
        failed += counts["failed"]
        print(json.dumps({"seed": name, **counts}), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
