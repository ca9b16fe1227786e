"""What `gex monitor` reads besides rules: the user's own feed command, and where alerts go."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from gex.cli.limits_file import TABLES, rules_of
from gex.cli.toml_table import read_toml
from gex.limits import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from gex.cli.monitor.secrets import Secrets
    from gex.cli.toml_table import Table
    from gex.limits import Rule

Way = Literal["command", "file", "webhook"]
FEED_KEYS = ("command", "every", "timeout", "after_close")
DELIVER_KEYS = ("command", "file", "webhook", "headers", "timeout", "retries", "severities")
DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|h)")
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Feed:
    """The user's own command that brings files into the folder."""

    command: tuple[str, ...] = field(repr=False)
    every: float
    """Seconds from one start to the next."""
    timeout: float
    after_close: float
    """Seconds that it still runs after the close: delayed quotes come late."""


@dataclass(frozen=True)
class Delivery:
    """One place that alerts go to."""

    name: str
    way: Way
    target: tuple[str, ...] = field(repr=False)
    """The arguments of a command, or one path or URL."""
    timeout: float
    retries: int
    """Further tries in one round."""
    severities: tuple[Severity, ...]
    headers: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class MonitorFile:
    """All that a file says."""

    rules: tuple[Rule, ...]
    feed: Feed | None
    deliveries: tuple[Delivery, ...]


def read_monitor_file(path: Path, secrets: Secrets) -> MonitorFile:
    """Return the rules, the feed and the deliveries of a file.

    Raises:
        click.UsageError: The file is no such file, or names a secret that the environment lacks.

    """
    file = read_toml(path, TABLES)
    rules = rules_of(file)
    feed = file.table("feed", FEED_KEYS)
    deliveries = tuple(_delivery(table, secrets) for table in file.tables("deliver", DELIVER_KEYS))
    return MonitorFile(rules, None if feed is None else _feed(feed, secrets), deliveries)


def _feed(table: Table, secrets: Secrets) -> Feed:
    return Feed(
        _resolved(table, "command", table.texts("command"), secrets),
        _seconds(table, "every", "5 min"),
        _seconds(table, "timeout", "60 s"),
        _seconds(table, "after_close", "20 min", least=0.0),
    )


def _delivery(table: Table, secrets: Secrets) -> Delivery:
    name = table.place[-1]
    if not NAME.fullmatch(name):
        raise table.error("a delivery's name is of letters, digits, _ and -, 40 at the most")
    given = [way for way in get_args(Way) if way in table.values]
    if len(given) != 1:
        raise table.error(f"give one of {', '.join(get_args(Way))}; got {', '.join(given) or 'none'}")
    way: Way = given[0]
    for key in ("headers", "retries") if way != "webhook" else ():
        if key in table.values:
            raise table.error(f"{key} is a webhook's", key)
    if way == "file" and "timeout" in table.values:
        raise table.error("a file needs no timeout", "timeout")
    return Delivery(
        name,
        way,
        _target(table, way, secrets),
        _seconds(table, "timeout", "10 s"),
        table.whole("retries", 2, least=0),
        _severities(table),
        _headers(table, secrets),
    )


def _target(table: Table, way: Way, secrets: Secrets) -> tuple[str, ...]:
    if way == "command":
        return _resolved(table, way, table.texts(way), secrets)
    (target,) = _resolved(table, way, (table.text(way),), secrets)
    if way == "webhook":
        if not re.match(r"https?://[^/\s]", target):
            raise table.error("webhook must be an http or https address, or env:NAME of one", way)
        secrets.hide(target)  # Whoever has the address can write to it.
    return (target,)


def _severities(table: Table) -> tuple[Severity, ...]:
    known: tuple[Severity, ...] = get_args(Severity)
    given = table.texts("severities", known)
    for each in given:
        if each not in known:
            raise table.error(f"severities must be of {', '.join(known)}; got {each!r}", "severities")
    return tuple(each for each in known if each in given)


def _headers(table: Table, secrets: Secrets) -> dict[str, str]:
    headers = table.values.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(each, str) and each for each in headers.values()):
        raise table.error('headers must be texts by name: { Authorization = "env:TOKEN" }', "headers")
    values = _resolved(table, "headers", tuple(headers.values()), secrets)
    for each in values:
        secrets.hide(each)
    return dict(zip(headers, values, strict=True))


def _resolved(table: Table, key: str, values: tuple[str, ...], secrets: Secrets) -> tuple[str, ...]:
    """Return values with those that are env:NAME from the environment."""
    try:
        return tuple(secrets.resolve(each) for each in values)
    except ValueError as error:
        raise table.error(f"{key}: {error}", key) from None


def _seconds(table: Table, key: str, default: str, least: float = 0.1) -> float:
    """Return a duration in seconds: 30 s, 5 min, 1 h."""
    text = table.text(key, default)
    match = DURATION.fullmatch(text)
    if match is None or float(match[1]) * SECONDS[match[2]] < least:
        raise table.error(f'{key} must be a time such as "30 s", "5 min" or "1 h"; got {text!r}', key)
    return float(match[1]) * SECONDS[match[2]]
