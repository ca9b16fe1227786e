"""Lines of the log: what happened, in words and, with --log-format json, in facts."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any, Literal

from gex.cli.log import LOGGER

LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def tell(event: str, message: str, level: Literal["info", "warning", "error"] = "info", **facts: Any) -> None:
    """Write one line.

    Args:
        event: What happened, in a few words that never change.
        message: The same for people.
        level: How much it matters.
        facts: JSON's values, by name.

    """
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    LOGGER.log(LEVELS[level], "%s", message, extra={"facts": {"time": now, "event": event, **facts}})
