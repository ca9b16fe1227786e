"""Messages on stderr: one line each, as text or as JSON, under the logger named `gex`."""

from __future__ import annotations

import json
import logging
import sys

LOGGER = logging.getLogger("gex")


class _Text(logging.Formatter):
    """`gex: message`, the time where it was noted, and the traceback only when somebody asked for details."""

    def format(self, record: logging.LogRecord) -> str:
        time = getattr(record, "facts", {}).get("time")
        text = f"gex: {time} {record.getMessage()}" if time else f"gex: {record.getMessage()}"
        if record.exc_info and LOGGER.isEnabledFor(logging.DEBUG):
            text += "\n" + self.formatException(record.exc_info)
        return text


class _JsonLine(logging.Formatter):
    """One JSON object a line: `level`, `message`, what facts come with it, and `traceback` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"level": record.levelname.lower(), "message": record.getMessage(), **getattr(record, "facts", {})}
        if record.exc_info and LOGGER.isEnabledFor(logging.DEBUG):
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(verbosity: int = 0, *, json_lines: bool = False) -> None:
    """Send the `gex` logger to stderr.

    Args:
        verbosity: -1 errors only, 0 warnings, 1 information, 2 details with tracebacks.
        json_lines: Write each message as a JSON object.

    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLine() if json_lines else _Text())
    LOGGER.handlers = [handler]
    LOGGER.propagate = False
    LOGGER.setLevel(max(logging.DEBUG, logging.WARNING - 10 * verbosity))


def writes_json() -> bool:
    """Whether messages are JSON objects."""
    return any(isinstance(handler.formatter, _JsonLine) for handler in LOGGER.handlers)
