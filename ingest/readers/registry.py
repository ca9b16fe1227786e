"""The formats that can be read, in the order in which they are tried; each is known by its content."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from gex.ingest.contracts import contract, normalize_underlying
from gex.ingest.errors import ContentError, FormatError
from gex.ingest.readers import canonical, cboe_csv, cboe_json, quotes_json
from gex.ingest.readers.refused import REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gex.ingest.blob import Blob
    from gex.ingest.complement import OpenInterest
    from gex.ingest.readers.raw import Pick, RawChain

    Sniff = Callable[[bytes], bool]
    Read = Callable[[Blob, Pick], Iterator[RawChain]]

Proof = Literal["round trip", "real file", "library source", "vendor page", "experimental", "user's word"]
"""What a reader rests on: files of our own making, real ones, the vendor's client library, its page, or less."""
MAPPED = "mapped"
"""The format whose columns the user names."""


@dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
        name: For `--format`-like options.
        title: What it is.
        sniff: Tells it by the first bytes.
        read: Reads it.
        proof: What that rests on.
        rank: For a format that comes in several files, how far one is from a chain by itself: the nearest is read, the others complete it. None where each file is a chain.
        frames: Whether tables in memory come in its columns as well.
        open_interest: For a format that is no chain but has the open interest of one's contracts: reads that.

    """

    name: str
    title: str
    sniff: Sniff
    read: Read
    proof: Proof
    rank: Callable[[Blob], int] | None = None
    frames: bool = False
    open_interest: Callable[[Blob], OpenInterest] | None = None


def single(read: Callable[[bytes, str], RawChain]) -> Read:
    """Return the reader of a format that holds one chain a file, from one that takes all of its bytes."""
    return alone(lambda blob: read(blob.data(), blob.name))


def alone(read: Callable[[Blob], RawChain]) -> Read:
    """Return the reader of a format that holds one chain a file, from one that takes the file."""

    def read_single(blob: Blob, pick: Pick) -> Iterator[RawChain]:
        if pick.snapshot is not None:
            raise ContentError("holds one snapshot; leave --snapshot out", source=blob.name, value=pick.snapshot)
        raw = read(blob)
        # Of several files in an archive those on something else are left out; a file by itself is told so later.
        if blob.member is None or pick.underlying is None or _is_on(raw, pick.underlying):
            yield raw

    return read_single


def later(module: str, as_read: Callable[[Any], Read] = lambda read: read) -> tuple[Sniff, Read]:
    """Return `sniff` and `read` of a reader whose module is loaded when they are called: starts stay short.

    Args:
        module: The reader's.
        as_read: `single`, where its `read` takes all bytes, or `alone`.

    """

    def sniff(head: bytes) -> bool:
        return bool(import_module(f"gex.ingest.readers.{module}").sniff(head))

    def read(blob: Blob, pick: Pick) -> Iterator[RawChain]:
        yield from as_read(import_module(f"gex.ingest.readers.{module}").read)(blob, pick)

    return sniff, read


def theta_rank(blob: Blob) -> int:
    """Return how far one of ThetaData's files is from a chain by itself."""
    from gex.ingest.readers.thetadata import rank

    return rank(blob.head())


def databento_rank(blob: Blob) -> int:
    """Return how far one of Databento's files is from a chain by itself."""
    from gex.ingest.readers.databento import rank

    return rank(blob)


def occ_open_interest(blob: Blob) -> OpenInterest:
    """Return the open interest in an answer of OCC's series search."""
    from gex.ingest.readers.occ_series import open_interest

    return open_interest(blob)


def _is_on(raw: RawChain, underlying: str) -> bool:
    wanted = normalize_underlying(underlying)
    return any(contract(root).underlying == wanted for root in raw.rows["root"].unique().drop_nulls())


FORMATS = (
    Format(canonical.PARQUET, "our own Parquet", canonical.sniff_parquet, single(canonical.read_parquet), "round trip"),
    Format(canonical.CSV, "our own CSV", canonical.sniff_csv, single(canonical.read_csv), "round trip"),
    Format(cboe_csv.NAME, "Cboe quote table (CSV)", cboe_csv.sniff, single(cboe_csv.read), "real file"),
    Format(cboe_json.NAME, "Cboe delayed quotes (JSON)", cboe_json.sniff, single(cboe_json.read), "real file"),
    Format(quotes_json.NAME, "flat list of quotes (JSON)", quotes_json.sniff, single(quotes_json.read), "real file"),
    Format("datashop", "Cboe DataShop EOD and interval quotes", *later("datashop"), "vendor page"),
    Format(
        "thetadata", "ThetaData quotes, greeks and open interest (CSV)", *later("thetadata"), "experimental", theta_rank
    ),
    Format("optionsdx", "OptionsDX quotes, without open interest (CSV)", *later("optionsdx"), "experimental"),
    Format("orats", "ORATS strikes, near the close and by API", *later("orats"), "vendor page"),
    Format(
        "databento",
        "Databento OPRA quotes and definitions (DBN)",
        *later("databento"),
        "library source",
        databento_rank,
    ),
    Format("massive", "Massive (Polygon) chain snapshot (JSON)", *later("massive", single), "library source"),
    Format("massive_flat", "Massive (Polygon) option aggregates (CSV)", *later("massive_flat"), "vendor page"),
    Format("tradier", "Tradier option chain (JSON)", *later("tradier", single), "vendor page"),
    Format("schwab", "Schwab option chain (JSON)", *later("schwab", single), "experimental"),
    Format("yfinance", "Yahoo's option chain, from yfinance", *later("yfinance", alone), "library source", frames=True),
    Format(
        "ib_async",
        "Interactive Brokers' tickers, from ib_async",
        *later("ib_async", alone),
        "library source",
        frames=True,
    ),
    Format(
        "occ_series",
        "OCC series search: open interest beside a chain",
        *later("occ_series"),
        "experimental",
        open_interest=occ_open_interest,
    ),
    Format(MAPPED, "any other CSV, its columns named by --map", lambda _: False, later("mapped")[1], "user's word"),
)


def detect(head: bytes, source: str) -> Format:
    """Return the format of a source by its first bytes.

    Raises:
        FormatError: It is none of them, or one that is known but cannot be read with certainty.

    """
    for each in FORMATS:
        if each.sniff(head):
            return each
    for refused in REFUSED:
        if refused.sniff(head):
            raise FormatError(refused.message, source=source)
    known = ", ".join(each.title for each in FORMATS)
    raise FormatError(f"not an option chain of a known format; known are: {known}", source=source)


def by_name(name: str) -> Format:
    """Return the format of this name.

    Raises:
        FormatError: There is none.

    """
    for each in FORMATS:
        if each.name == name:
            return each
    raise FormatError(f"no format {name!r}; there are {', '.join(each.name for each in FORMATS)}", value=name)
