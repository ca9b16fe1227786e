"""What a batch was asked for, with a fingerprint: the settings, and what of the reading changes figures."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gex.cli.values import DatedCurve
from gex.ingest.errors import UnreadableError
from gex.settings import Curve, Settings

if TYPE_CHECKING:
    from gex.cli.options import ReadOptions
    from gex.position_book import PositionBook


@dataclass(frozen=True)
class Spec:
    """Settings, reading options, and the hashes of the files beside the sources."""

    settings: Settings
    read: ReadOptions
    beside: tuple[str, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change whenever what could change a figure does."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()[:16]

    def as_dict(self) -> dict[str, Any]:
        """Return the spec as JSON-ready values; a book and rates by date by their hashes."""
        curve = self.settings.curve
        settings = replace(self.settings, curve=Curve()).as_dict()
        settings["curve"] = _curve(curve)
        read = self.read
        reading = {
            "quote_time": read.quote_time and read.quote_time.isoformat(),
            "underlying": read.underlying,
            "delay_minutes": read.delay,
            "iv_unit": read.iv_unit or "decimal",
            "columns": dict(read.columns),
            "beside": list(self.beside),
        }
        return {"settings": settings, "reading": reading}

    def footer(self, curve: Curve) -> dict[str, Any]:
        """Return what a part says of how it was made; `curve` is what was used on its date."""
        return {**self.as_dict(), "fingerprint": self.fingerprint, "curve": _curve(curve)}

    @cached_property
    def selection(self) -> str:
        """What of an input is taken or refused; it changes no figure, and what is done again for it is found done."""
        return json.dumps([self.read.snapshot, self.read.strict, self.read.max_bad])


def spec_of(settings: Settings, read: ReadOptions) -> Spec:
    """Return the spec of what was asked.

    Raises:
        UnreadableError: A file beside the sources cannot be read.

    """
    return Spec(settings, read, tuple(_sha256(path) for path in read.beside))


def settings_from(values: dict[str, Any], curve: dict[str, Any], books: dict[str, PositionBook | None]) -> Settings:
    """Return the settings that a part's footer holds.

    Args:
        values: `settings` of the footer.
        curve: `curve` of the footer.
        books: The user's own `positions` and `signed_volume`, of which a footer has but the hash.

    Raises:
        ValueError: They are none that this version knows, or a book is missing or another one.

    """
    own = {name: _book(name, values[name], books[name]) for name in ("positions", "signed_volume")}
    at = values["at"] and dt.datetime.fromisoformat(values["at"])
    rates = Curve(tuple(curve["years"]), tuple(curve["rates"]))
    try:
        return Settings(**{**values, **own, "at": at, "curve": rates, "band": tuple(values["band"])})
    except TypeError as error:
        raise ValueError(f"it was made under settings that this version does not know: {error}") from None


def _book(name: str, value: Any, given: PositionBook | None) -> Any:
    if not isinstance(value, dict):
        return value
    option = f"--{name.replace('_', '-')}"
    if given is None:
        raise ValueError(
            f"it was made with the book {value['book']} (sha256 {value['sha256'][:12]}): give it with {option}"
        )
    if given.digest != value["sha256"]:
        raise ValueError(f"{given.name} is not the book {value['book']} that it was made with; give that with {option}")
    return replace(given, name=value["book"])


def _curve(curve: Curve) -> dict[str, Any]:
    if isinstance(curve, DatedCurve):
        history = curve.history
        return {"dated": hashlib.sha256(repr((history.tenors, history.days)).encode()).hexdigest()[:16]}
    return {"years": list(curve.years), "rates": list(curve.rates)}


def _sha256(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror or error}", source=path) from None
