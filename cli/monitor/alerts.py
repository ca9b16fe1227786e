"""What is news: the states of limits that nobody has been told yet, as documents with a key each."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gex.cli.render.verdicts import entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gex.cli.checking import Checked
    from gex.limit_states import State, Verdict

SCHEMA_VERSION = 1
OPEN = ("breached", "unknown")
"""States that last until something ends them."""


@dataclass(frozen=True)
class Told:
    """What was last told of one rule and symbol, and up to which snapshot it was looked at."""

    state: State = "ok"
    since: str | None = None
    seen: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return asdict(self)


@dataclass(frozen=True)
class Alert:
    """One piece of news."""

    key: str
    document: dict[str, Any]
    """Without times as objects: ready for JSON."""

    @property
    def severity(self) -> str:
        """That of its rule."""
        return str(self.document["severity"])


def news_of(verdicts: Iterable[Verdict], told: Told | None, checked: Checked) -> tuple[list[Alert], Told]:
    """Return what is new in the states of one rule on one symbol, and what has then been told.

    An unknown snapshot inside a breach is no news: the breach stands until a figure ends it.

    Args:
        verdicts: One a snapshot, the oldest first.
        told: What was told before; None, and the last state alone counts: old breaches are no news.
        checked: What the alerts say about the age of the data.

    """
    every = list(verdicts)
    fresh = every[-1:] if told is None else [each for each in every if not _past(each, told)]
    before, alerts = told or Told(), []
    for each in fresh:
        state, since = _to_tell(each, before)
        if state is not None:
            alerts.append(_alert(each, state, since, checked))
            before = Told(state if state in OPEN else "ok", since)
    seen = _text(fresh[-1].quote_time) if fresh else before.seen
    return alerts, Told(before.state, before.since, seen)


def told_by(document: dict[str, Any]) -> Told:
    """Return what an alert told."""
    state: State = document["state"]
    since, seen = (
        None if document[name] is None else dt.datetime.fromisoformat(document[name]).isoformat()
        for name in ("since", "quote_time")
    )
    return Told(state if state in OPEN else "ok", since, seen)


def key_of(rule: str, symbol: str, state: str, since: str | None) -> str:
    """Return what makes an alert itself: the same however often it is delivered."""
    return hashlib.sha256(json.dumps([rule, symbol, state, since]).encode()).hexdigest()[:32]


def _past(verdict: Verdict, told: Told) -> bool:
    """Tell whether a snapshot was looked at before; the last one is looked at again, for it may have been revised.

    Where a clock was set back, the last one there is may be older than that: then nothing is news.
    """
    if verdict.quote_time is None:
        return told.seen is not None
    return told.seen is not None and verdict.quote_time.isoformat() < told.seen


def _to_tell(verdict: Verdict, before: Told) -> tuple[State | None, str | None]:
    """Return the state to tell, and since when; None if it is no news."""
    since = _text(verdict.since)
    if verdict.state == "breached" and (before.state, before.since) != ("breached", since):
        return "breached", since
    if verdict.state == "unknown" and before.state not in OPEN:
        return "unknown", since
    if verdict.state in {"ok", "cleared"} and before.state in OPEN:
        return "cleared", since
    return None, None


def _alert(verdict: Verdict, state: State, since: str | None, checked: Checked) -> Alert:
    from gex.cli.render.document import jsonable

    key = key_of(verdict.rule.name, verdict.symbol, state, since)
    newest = verdict.quote_time == checked.quote_time
    age = {"age_minutes": checked.age_minutes, "age_sessions": checked.age_sessions} if newest else {}
    facts = entry(verdict) | {"state": state, "since": verdict.since, "at": checked.at, "live": newest and checked.live}
    return Alert(key, {"schema_version": SCHEMA_VERSION, "key": key, **jsonable(facts | age)})


def _text(time: dt.datetime | None) -> str | None:
    return None if time is None else time.isoformat()
