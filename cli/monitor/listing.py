"""What waits for delivery, as a table."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from gex.cli.render import figures
from gex.cli.render.terminal import aligned

if TYPE_CHECKING:
    from gex.cli.monitor.outbox import Outbox, Waiting

HEAD = ("STATE", "RULE", "SYMBOL", "SINCE", "WAITS FOR", "KEY")


def listing(outbox: Outbox) -> str:
    """Return the alerts that somebody still waits for, the oldest first."""
    waiting = outbox.waiting()
    rows = [_row(each) for each in waiting]
    return "\n".join([*(aligned([HEAD, *rows], "<<<<<<") if rows else []), f"{len(rows)} alerts waiting"])


def _row(waiting: Waiting) -> tuple[str, ...]:
    alert = waiting.document
    since = alert["since"] and figures.moment(dt.datetime.fromisoformat(alert["since"]))
    left = ", ".join(name for name in waiting.targets if not waiting.mark_of(name).exists())
    return alert["state"], alert["rule"], alert["symbol"], since or "-", left, alert["key"]
