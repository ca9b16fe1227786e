"""The formats of tapes that can be read, in the order in which they are tried; each is known by its content."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gex.ingest.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.ingest.readers.registry import Proof


@dataclass(frozen=True)
class Format:
    """A format of tapes.

    Attributes:
        name: For `--format`-like options.
        title: What it is.
        module: The reader's, loaded when it is needed: `sniff`, and `table` (lines of text) or `raws` (records).
        proof: What that rests on.
        lines: Whether it is lines of text, which can be followed while they come.
        grouped: Whether a tape goes contract by contract, not by time.
        sniffer: The module's function that tells it by the first bytes.
        maker: The module's function that opens it.

    """

    name: str
    title: str
    module: str
    proof: Proof
    lines: bool = True
    grouped: bool = False
    sniffer: str = "sniff"
    maker: str = "table"

    def sniff(self, head: bytes) -> bool:
        """Tell it by the first bytes."""
        return bool(getattr(self._module, self.sniffer)(head))

    @property
    def open(self) -> Callable[..., Any]:
        """What makes a tape of a source: of its head, name and files beside, or of its blob and blobs beside."""
        made: Callable[..., Any] = getattr(self._module, self.maker)
        return made

    @property
    def _module(self) -> Any:
        return import_module(f"gex.ingest.trades.{self.module}")


FORMATS = (
    Format(
        "parquet", "our own Parquet", "canonical", "round trip", lines=False, sniffer="sniff_parquet", maker="stored"
    ),
    Format("csv", "our own CSV", "canonical", "round trip", sniffer="sniff_csv"),
    Format("datashop", "Cboe DataShop option trades (CSV)", "datashop", "experimental"),
    Format("thetadata", "ThetaData trades and quotes (CSV)", "thetadata", "experimental", grouped=True),
    Format("massive", "Massive (Polygon) trades, quotes beside (CSV)", "massive", "vendor page", grouped=True),
    Format(
        "databento",
        "Databento OPRA tcbbo and cmbp-1 (DBN)",
        "databento",
        "library source",
        lines=False,
        maker="raws",
    ),
)


def detect(head: bytes, source: str) -> Format:
    """Return the format of a tape by its first bytes.

    Raises:
        FormatError: It is none of them.

    """
    for each in FORMATS:
        if each.sniff(head):
            return each
    known = ", ".join(each.title for each in FORMATS)
    raise FormatError(f"not a tape of option trades of a known format; known are: {known}", source=source)


def by_name(name: str) -> Format:
    """Return the format of this name.

    Raises:
        FormatError: There is none.

    """
    for each in FORMATS:
        if each.name == name:
            return each
    raise FormatError(f"no format {name!r}; there are {', '.join(each.name for each in FORMATS)}", value=name)
