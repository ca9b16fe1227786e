"""Lines of the log: what happened, in words and, with --log-format json, in facts."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any, Literal

LOGGER = logging.getLogger("gex.monitor")
"""Its lines go where those of `gex` go; what it tells is news, though the rest of gex says no more than warnings."""
Level = Literal["info", "warning", "error"]
LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def tell(event: str, message: str, level: Level = "info", **facts: Any) -> None:
    """Write one line.

    Args:
        event: What happened, in a few words that never change.
        message: The same for people.
        level: How much it matters.
        facts: JSON's values, by name.

    """
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    LOGGER.log(LEVELS[level], "%s", message, extra={"facts": {"time": now, "event": event, **facts}})
