"""Cboe's delayed quotes and index histories, by explicit request: kept as received, asked for again only if changed.

A file goes to `raw/KIND/symbol=SPX/SPX-20250905T141823Z-1f3a9c02.json` in the store, named by the UTC time it came and
the first digits of its hash. `last.json` beside it remembers what the server said about that version, for the
next request, and which snapshot was made of it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gex.ingest.calendar import in_session
from gex.ingest.contracts import contract, normalize_underlying
from gex.ingest.download import Downloader, Version
from gex.ingest.errors import FormatError, UnreadableError
from gex.ingest.reply import Expected

if TYPE_CHECKING:
    from gex.ingest.schema import Chain

Kind = Literal["quotes", "history"]

BASE_URL = "https://cdn.cboe.com/api/global"
TERMS = (
    "Cboe's delayed quotes are licensed for personal, non-commercial use; its terms (cboe.com) bar redistribution and "
    "automated collection. gex asks for one file at a time, only when told to; what you may do with it is yours to check"
)
STALE_AFTER = dt.timedelta(minutes=30)
"""While options trade, quotes stamped longer ago than this are frozen."""

_SUFFIX: dict[Kind, str] = {"quotes": ".json", "history": ".csv"}
_ANY_BYTES = {"application/octet-stream", "binary/octet-stream"}
_JSON_TYPES = frozenset({"application/json", "text/json", "text/plain", *_ANY_BYTES})
_CSV_TYPES = frozenset({"text/csv", "application/csv", "text/plain", "application/vnd.ms-excel", *_ANY_BYTES})
_SYMBOL = re.compile(r"[A-Z][A-Z0-9.]{0,9}")


@dataclass(frozen=True)
class Arrival:
    """A file of the feed as it lies in the store.

    Attributes:
        url: Where it came from.
        raw: The file, as received.
        sha256: Its hash.
        received_at: When it came, UTC.
        version: What the server said about it.
        stored: The snapshot made of it; None until `remember` is told.

    """

    url: str
    raw: Path
    sha256: str
    received_at: dt.datetime
    version: Version
    stored: Path | None = None


def symbol_of(text: str) -> str:
    """Return SPX for SPX, ^SPX, _SPX and SPXW.

    Raises:
        ValueError: It is no symbol.

    """
    symbol = normalize_underlying(text)
    if not _SYMBOL.fullmatch(symbol):
        raise ValueError(f"{text!r} is no symbol; write SPX, QQQ or, for an index gex does not know, _NAME")
    return symbol


def url_of(kind: Kind, name: str, base_url: str = BASE_URL) -> str:
    """Return where the feed keeps a symbol's file; indices are marked by an underscore there.

    Args:
        kind: `quotes` or `history`.
        name: The symbol; `_NAME` or `^NAME` marks an index that no table knows.
        base_url: The feed's address.

    """
    symbol, base = symbol_of(name), base_url.rstrip("/")
    if kind == "history":
        return f"{base}/us_indices/daily_prices/{symbol}_History.csv"
    mark = "_" if name.strip().startswith(("_", "^", "$")) or contract(symbol).asset_class == "index" else ""
    # Classes of shares have their dot in the feed, and none in a chain.
    bare = name.strip().upper().lstrip("^_$.")
    spelled = bare if "." in bare else symbol
    return f"{base}/delayed_quotes/options/{mark}{spelled}.json"


def fetch(kind: Kind, name: str, store: str | Path, downloader: Downloader, base_url: str = BASE_URL) -> Arrival:
    """Request one file, and keep it as received unless it is the version that is here.

    Args:
        kind: `quotes`, the delayed quotes of all options of an underlying, or `history`, an index's daily prices.
        name: The symbol.
        store: The store's folder.
        downloader: Makes the request.
        base_url: The feed's address.

    Returns:
        The file; `stored` tells that it is unchanged, and what was made of it before.

    Raises:
        MissingError: The feed has no such symbol.
        FeedError: The server cannot be reached, refuses, or sends something else than was asked for.
        UnreadableError: The store cannot be written to.

    """
    symbol, url = symbol_of(name), url_of(kind, name, base_url)
    folder = Path(store) / "raw" / kind / f"symbol={symbol}"
    before = _recall(folder, url, Path(store))
    reply = downloader.get(url, _expected(kind, symbol), before.version if before else None)
    digest = hashlib.sha256(reply.content).hexdigest()
    if before and (reply.unchanged or digest == before.sha256):
        return before
    ending = f"-{digest[:8]}{_SUFFIX[kind]}"
    raw = _there(folder, ending, reply.content)
    if raw is None:
        raw = folder / f"{symbol}-{reply.received_at:%Y%m%dT%H%M%SZ}{ending}"
        _write(raw, reply.content)
    return Arrival(url, raw, digest, reply.received_at, reply.version)


def remember(arrival: Arrival, stored: Path, store: str | Path) -> None:
    """Note what was made of a file, so that the next request asks only for a newer one.

    Raises:
        UnreadableError: The store cannot be written to.

    """
    note = {
        "url": arrival.url,
        "sha256": arrival.sha256,
        "received_at": arrival.received_at.isoformat(),
        "etag": arrival.version.etag,
        "last_modified": arrival.version.last_modified,
        "raw": arrival.raw.relative_to(store).as_posix(),
        "stored": stored.relative_to(store).as_posix(),
    }
    _write(arrival.raw.parent / "last.json", json.dumps(note, indent=1).encode())


def is_stale(chain: Chain, received_at: dt.datetime) -> bool:
    """Tell whether options trade while the feed's quotes stand still."""
    return chain.stamp is not None and in_session(received_at) and received_at - chain.stamp > STALE_AFTER


def _recall(folder: Path, url: str, store: Path) -> Arrival | None:
    """Return the last file of this address, if it and what was made of it are still here."""
    try:
        note = json.loads((folder / "last.json").read_bytes())
        version = Version(*(value and str(value) for value in (note["etag"], note["last_modified"])))
        received_at = dt.datetime.fromisoformat(note["received_at"])
        before = Arrival(
            note["url"], store / note["raw"], note["sha256"], received_at, version, stored=store / note["stored"]
        )
        there = before.url == url and before.stored is not None and before.stored.exists()
        return before if there and hashlib.sha256(before.raw.read_bytes()).hexdigest() == before.sha256 else None
    except (OSError, ValueError, KeyError, TypeError):  # No note, or a damaged one: ask for the whole file.
        return None


def _there(folder: Path, ending: str, content: bytes) -> Path | None:
    """Return the file that holds this content already: one that could not be used comes again each time."""
    return next((path for path in sorted(folder.glob(f"*{ending}")) if path.read_bytes() == content), None)


def _write(path: Path, data: bytes) -> None:
    from gex.ingest.staging import write_whole

    try:
        write_whole(path, data)
    except OSError as error:
        raise UnreadableError(f"cannot write to the store: {error.strerror or error}", source=str(path)) from None


def _expected(kind: Kind, symbol: str) -> Expected:
    if kind == "quotes":
        return Expected("delayed quotes (JSON)", _JSON_TYPES, _check_quotes)
    from gex.ingest.history import read_download

    return Expected(
        "index history (CSV)", _CSV_TYPES, lambda content: read_download(_no_markup(content), symbol, "the reply")
    )


def _check_quotes(content: bytes) -> None:
    """Refuse what is not a whole JSON object with quotes.

    Raises:
        UnreadableError: It is cut off.
        FormatError: It is a web page, or another document.

    """
    from gex.ingest.readers.records import load

    if not isinstance(load(_no_markup(content), "the reply").get("data"), dict):
        raise FormatError("a JSON document without `data`")


def _no_markup(content: bytes) -> bytes:
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise FormatError("a web page or XML")
    return content
