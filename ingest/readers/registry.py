"""The formats that can be read, in the order in which they are tried; each is known by its content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gex.ingest.errors import FormatError
from gex.ingest.readers import canonical, cboe_csv, cboe_json, quotes_json
from gex.ingest.readers.refused import REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.ingest.readers.raw import RawChain

HEAD_BYTES = 8192


@dataclass(frozen=True)
class Format:
    """A format: its name for `--format`-like options, what it is, and how it is told and read."""

    name: str
    title: str
    sniff: Callable[[bytes], bool]
    read: Callable[[bytes, str], RawChain]


FORMATS = (
    Format(canonical.PARQUET, "our own Parquet", canonical.sniff_parquet, canonical.read_parquet),
    Format(canonical.CSV, "our own CSV", canonical.sniff_csv, canonical.read_csv),
    Format(cboe_csv.NAME, "Cboe quote table (CSV)", cboe_csv.sniff, cboe_csv.read),
    Format(cboe_json.NAME, "Cboe delayed quotes (JSON)", cboe_json.sniff, cboe_json.read),
    Format(quotes_json.NAME, "flat list of quotes (JSON)", quotes_json.sniff, quotes_json.read),
)


def detect(data: bytes, source: str) -> Format:
    """Return the format of a source by its first bytes.

    Raises:
        FormatError: It is none of them, or one that is known but cannot be read with certainty.

    """
    head = data[:HEAD_BYTES]
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
