"""One alert to one place: a command's standard input, a line of a file, or a webhook."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gex.cli.monitor.feed import CommandError, run_command
from gex.ingest.lock import lock

if TYPE_CHECKING:
    import threading

    from gex.cli.monitor.config import Delivery

BACK_OFF = 1.0
"""Seconds before the second try; twice as long before each further one."""


class DeliveryError(Exception):
    """An alert that could not be delivered now."""


def deliver(delivery: Delivery, document: dict[str, Any], stop: threading.Event) -> None:
    """Deliver an alert, with further tries where the delivery has them.

    Args:
        delivery: Where to.
        document: The alert; its `key` is the same each time.
        stop: Ends the waiting between tries.

    Raises:
        DeliveryError: It could not be delivered.

    """
    for tried in range(delivery.retries + 1):
        try:
            return _SENDERS[delivery.way](delivery, document, stop)
        except DeliveryError:
            if tried == delivery.retries or delivery.way != "webhook" or stop.wait(BACK_OFF * 2**tried):
                raise
    return None


def _command(delivery: Delivery, document: dict[str, Any], stop: threading.Event) -> None:
    try:
        run_command(delivery.target, _line(document), delivery.timeout, stop)
    except CommandError as error:
        raise DeliveryError(f"the command {error}") from None


def _file(delivery: Delivery, document: dict[str, Any], _stop: threading.Event) -> None:
    """Append one line, whole or not at all, whoever else appends."""
    try:
        with Path(delivery.target[0]).open("ab") as file:
            lock(file)
            end = file.seek(0, os.SEEK_END)
            try:
                file.write(_whole(file.name, end) + _line(document))
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                file.truncate(end)
                raise
    except OSError as error:
        raise DeliveryError(f"the file cannot be written: {error.strerror or error}") from None


def _whole(name: str, end: int) -> bytes:
    """Return the line end that the last line lacks, if a writer died over it."""
    if not end:
        return b""
    with Path(name).open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return b"" if file.read(1) == b"\n" else b"\n"


def _webhook(delivery: Delivery, document: dict[str, Any], _stop: threading.Event) -> None:
    import httpx

    headers = {"Content-Type": "application/json", "Idempotency-Key": str(document["key"])} | delivery.headers
    try:
        # Only the head of the answer matters: a body that never ends is not waited for.
        with (
            httpx.Client(timeout=delivery.timeout, follow_redirects=False) as client,
            client.stream("POST", delivery.target[0], content=_line(document), headers=headers) as response,
        ):
            status = response.status_code
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        # Of other errors, the text may hold a part of the address that no one could tell for a secret.
        why = f": {error}" if isinstance(error, httpx.ConnectError) else ""
        raise DeliveryError(f"the webhook cannot be reached ({type(error).__name__}{why})") from None
    if not 200 <= status < 300:
        raise DeliveryError(f"the webhook answered {status}")


_SENDERS = {"command": _command, "file": _file, "webhook": _webhook}


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"
