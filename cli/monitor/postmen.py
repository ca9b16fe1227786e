"""Deliveries beside the checks: a thread a place, so that none waits for another and the checks for none."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gex.cli.failures import one_line
from gex.cli.monitor.delivery import DeliveryError, deliver
from gex.cli.monitor.tell import tell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gex.cli.monitor.config import Delivery
    from gex.cli.monitor.outbox import Outbox


@dataclass
class Postman:
    """Delivers to one place, in the order of the alerts; what fails is tried again in the next round, and said once."""

    delivery: Delivery
    outbox: Outbox
    stop: threading.Event
    failing: bool = False
    _busy: threading.Thread | None = None

    def send(self) -> None:
        """Begin to deliver what waits, unless an earlier round is still at it."""
        if self._busy is not None and self._busy.is_alive():
            return
        if self.outbox.waiting(self.delivery.name):
            self._busy = threading.Thread(target=self._deliver, name=f"deliver-{self.delivery.name}", daemon=True)
            self._busy.start()

    def wait(self, seconds: float | None) -> None:
        """Wait until the round is delivered or has failed."""
        if self._busy is not None:
            self._busy.join(seconds)

    def _deliver(self) -> None:
        name = self.delivery.name
        waiting = self.outbox.waiting(name)
        for place, each in enumerate(waiting):
            if self.stop.is_set():
                return
            try:
                deliver(self.delivery, each.document, self.stop)
                self.outbox.mark(each, name)
            except DeliveryError as error:
                self._failed(str(error), len(waiting) - place)
                return
            except Exception as error:  # noqa: BLE001 (a thread that dies says more than it should)
                self._failed(one_line(error), len(waiting) - place)
                return
            self._delivered(each.document["key"])

    def _failed(self, error: str, left: int) -> None:
        if not self.failing and not self.stop.is_set():
            message = f"{self.delivery.name}: {error}; {left} waiting, tried again every round (said once)"
            tell("delivery failed", message, "warning", delivery=self.delivery.name, waiting=left)
        self.failing = True

    def _delivered(self, key: str) -> None:
        again = " again" if self.failing else ""
        self.failing = False
        tell("delivered", f"{self.delivery.name}: delivered{again}", delivery=self.delivery.name, key=key)


@dataclass
class Post:
    """All places that alerts go to."""

    outbox: Outbox
    deliveries: Iterable[Delivery]
    stop: threading.Event
    postmen: list[Postman] = field(init=False)

    def __post_init__(self) -> None:
        self.postmen = [Postman(each, self.outbox, self.stop) for each in self.deliveries]

    def targets(self) -> dict[str, tuple[str, ...]]:
        """Return who gets the alerts of each severity."""
        severities = {severity for each in self.postmen for severity in each.delivery.severities}
        return {
            severity: tuple(each.delivery.name for each in self.postmen if severity in each.delivery.severities)
            for severity in severities
        }

    def send(self, wait: float | None = 0.0) -> None:
        """Begin a round of deliveries; wait for so many seconds in all, or as long as it takes (None)."""
        for each in self.postmen:
            each.send()
        self.finish(wait)

    def finish(self, wait: float | None) -> None:
        """Wait for what is under way, so many seconds in all, and put away what everybody has."""
        end = None if wait is None else time.monotonic() + wait
        for each in self.postmen:
            each.wait(None if end is None else max(0.0, end - time.monotonic()))
        self.outbox.tidy()
