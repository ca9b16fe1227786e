"""`gex compare`: a vendor's published levels beside ours, and the conventions that reproduce them."""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from gex.cli import options, sink
from gex.cli.log import LOGGER
from gex.cli.sources import answered, open_chain
from gex.ingest.errors import ContentError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.options import Format, OutputOptions, ReadOptions
    from gex.compare import Comparison
    from gex.ingest.schema import Chain
    from gex.published import PublishedText
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")
LARGEST = 1_000_000
"""Bytes of published text."""


@dataclass(frozen=True)
class PublishedOptions:
    """What was published, by whom, and where it is kept."""

    published: str
    vendor: str
    decimal: Literal["point", "comma"] | None
    results: Path | None


def vendor_of(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Check that a vendor's name can be a file's."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", value):
        raise click.BadParameter(f"{value!r} cannot name a file; write letters, digits, - and _")
    return value.lower()


published_options = options.gathered(
    PublishedOptions,
    "given",
    click.option(
        "--published",
        required=True,
        metavar="FILE",
        help="Levels as pasted text, CSV (name, value) or JSON; - for stdin.",
    ),
    click.option("--vendor", default="unnamed", metavar="NAME", callback=vendor_of, help="Who published them."),
    click.option(
        "--decimal",
        type=click.Choice(["point", "comma"]),
        help="What stands before the decimals, where the text leaves it open.",
    ),
    options.results_option,
)


@click.command("compare")
@click.argument("source", metavar="SOURCE")
@published_options
@options.model_options
@options.read_options
@options.output_options(*FORMATS)
@options.logging_options
def command(source: str, given: PublishedOptions, settings: Settings, read: ReadOptions, output: OutputOptions) -> int:
    """Compare published levels with ours on SOURCE, under every convention.

    The text is kept under published/ in the results folder.
    """
    form = sink.format_of(output, FORMATS)
    raw = _read(given.published)
    chain = open_chain(source, read, settings.spot)
    text = answered(chain, settings, given.published, lambda chain, own: _parsed(raw, chain, own, given))
    kept = None if given.results is None else keep(given, raw, chain, text)
    comparison = answered(chain, settings, source, lambda chain, own: _compared(chain, own, text))
    _tell(comparison, kept, given)
    sink.emit(_chunks(comparison, given, form, output), output.output)
    return 0


def _read(name: str) -> bytes:
    try:
        with sys.stdin.buffer if name == "-" else Path(name).open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise UnreadableError(error.strerror or str(error), source=name) from error
    if len(raw) > LARGEST:
        raise UnreadableError(f"more than {LARGEST // 1_000_000} MB is no list of levels", source=name)
    return raw


def _parsed(raw: bytes, chain: Chain, settings: Settings, given: PublishedOptions) -> PublishedText:
    from gex.market import market_of
    from gex.published import read_published

    text = read_published(raw.decode("utf-8-sig"), market_of(chain, settings).level, given.decimal)
    symbol = (text.symbol or chain.underlying).strip("^$!1")
    if symbol.upper() != chain.underlying.upper():
        raise ValueError(f"the levels are of {text.symbol}, and the chain is of {chain.underlying}")
    if not any(level.means.key for level in text.levels):
        names = ", ".join(level.name for level in text.levels)
        raise ValueError(
            f"no vendor's level is known by any of these names: {names}; docs/levels.md lists the known ones"
        )
    return text


def _compared(chain: Chain, settings: Settings, text: PublishedText) -> Comparison:
    from gex.compare import compare

    return compare(chain, settings, text)


def keep(given: PublishedOptions, raw: bytes, chain: Chain, text: PublishedText) -> Path:
    """Keep what was published: published/SYMBOL/DATE/VENDOR-HASH.json, complete or not at all, once.

    Raises:
        ContentError: The folder cannot be written.

    """
    from gex.cli.render.document import dumps

    digest = hashlib.sha256(raw).hexdigest()
    folder = (given.results or Path()) / "published" / chain.underlying / f"{chain.quote_date}"
    path = folder / f"{given.vendor}-{digest[:12]}.json"
    document = {
        "symbol": chain.underlying,
        "quote_date": f"{chain.quote_date}",
        "vendor": given.vendor,
        "sha256": digest,
        "text": raw.decode("utf-8-sig"),
        "levels": [{"name": each.name, "value": each.value, "key": each.means.key} for each in text.levels],
    }
    if not path.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            sink.write_text(path, dumps(document) + "\n")
        except OSError as error:
            raise ContentError(error.strerror or str(error), source=str(path)) from error
    return path


def _tell(comparison: Comparison, kept: Path | None, given: PublishedOptions) -> None:
    if kept is None:
        LOGGER.info("not kept: give --results DIR, or set GEX_RESULTS")
    else:
        LOGGER.info("kept as %s", kept)
    if comparison.same_moment is False:
        spot, ours = comparison.published_spot, comparison.book.spot
        LOGGER.warning("%s: published with spot at %g, and ours is %.2f: another moment", given.published, spot, ours)
    for name in comparison.text.skipped:
        LOGGER.info("%s: %s is no single number: not read", given.published, name)


def _chunks(
    comparison: Comparison, given: PublishedOptions, form: Format, output: OutputOptions
) -> Iterator[str | bytes]:
    from gex.cli.render import comparison as render
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.terminal import Terminal, detect

    if form == "table":
        terminal = detect(output.color) if output.output is None else Terminal()
        yield render.screen(comparison, given.vendor, terminal)
    elif form in {"json", "jsonl"}:
        document: dict[str, Any] = render.document(comparison, given.vendor)
        yield dumps(jsonable(document), **({"indent": None} if form == "jsonl" else {})) + "\n"
    else:
        import polars as pl

        yield sink.table_chunk(pl.DataFrame(render.rows(comparison, given.vendor), infer_schema_length=None), form)
