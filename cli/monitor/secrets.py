"""Secrets: named in files as env:NAME, taken from the environment, and never shown."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "env:"
HIDDEN = "[redacted]"


@dataclass
class Secrets:
    """The secrets that were asked for, and texts without them."""

    _forms: set[str] = field(default_factory=set, repr=False)

    def resolve(self, value: str) -> str:
        """Return a value, from the environment if it is env:NAME.

        Raises:
            ValueError: There is no such variable, or it is empty.

        """
        if not value.startswith(PREFIX):
            return value
        name = value.removeprefix(PREFIX)
        found = os.environ.get(name)
        if not found:
            raise ValueError(f"the environment has no {name}")
        self.hide(found)
        return found

    def hide(self, secret: str) -> None:
        """Never show a text, in any of the forms that messages give it."""
        self._forms.update(each for each in _forms(secret) if each)

    def redact(self, text: str) -> str:
        """Return a text without any secret."""
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, HIDDEN)
        return text

    def guard(self, logger: logging.Logger) -> None:
        """Redact everything that a logger writes, tracebacks too."""
        for handler in logger.handlers:
            handler.setFormatter(_Redacting(self, handler.formatter or logging.Formatter()))


class _Redacting(logging.Formatter):
    """Another formatter's lines without secrets."""

    def __init__(self, secrets: Secrets, inner: logging.Formatter) -> None:
        super().__init__()
        self._secrets = secrets
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return self._secrets.redact(self._inner.format(record))


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, quoted, escaped, and of an address all that comes after the host."""
    url = urlsplit(secret) if "://" in secret else None
    tail = secret.split(url.netloc, 1)[1] if url and url.netloc else ""
    password = [part for part in (url.username, url.password) if part] if url else []
    for each in (secret, *([tail] if len(tail) > 1 else []), *password):
        yield from (each, quote(each), quote(each, safe=""), repr(each)[1:-1])
        yield from (json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1])
