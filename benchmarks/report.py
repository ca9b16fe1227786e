"""REPORT.md from pytest-benchmark's JSON: `python -m benchmarks.report RESULTS.json REPORT.md`.

No dates, paths or names of machines: the report can be committed, and its changes read.
"""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.targets import TARGETS

HEADER = """\
# Speed and accuracy beside the peers

Written by `make bench`. Every topic is one run in which ours and the peers take turns, round after round, on the same
seeded inputs; each has a process and one core (whole analyses and processes have all cores). Absolute times vary with
the machine and its load: the ratios are what counts.

* **time** is that of one unit of the topic: the least of the rounds, and their median.
* **x ours** is the peer's time over ours, above 1 where ours is faster. *least* compares the two least times; *median*
  is the median of the ratios of the rounds, with their quartiles.
* **error** is the largest on a sample, against 50 digits (profiles: long double): relative for gamma where abs(d1) < 8.5,
  of the largest term for greeks, of the largest value for a profile, absolute in sigma for volatilities. American options
  are held against QuantLib's QdFp engine at high precision (itself within 1e-8 of its finest schemes), and on a sample
  against a dense binomial tree of our own. The topic fails if an error is above the *bound*.
* **rows/s** and **MB/s**, where files are read, are at the least of the times and of the bytes in the file.
* **n** is how many contracts, quotes, calls ...; slow peers get some of them, evenly spread.
* Gamma and greeks of arrays are written to arrays that exist, where the interface can do that (ours: `out=`).
"""

DOMAIN = """\
European contracts: a minute to five years, sigma 3% to 300%, rates of -2% to 10%, yields of -1% to 6%, half of them calls;
moves of 1e-9 to half of spot. Sigma: out to six deviations, where a price's last digit does not decide. American ones: a
day to two years, sigma 8% to 80%, rates to 8%, yields to 4%, from four deviations in the money to four out of it, the
corners included; sigma is judged by QuantLib's price at it, where more than 1e-5 of time value is left.
"""


@dataclass(frozen=True)
class Line:
    """One contestant of one topic, in nanoseconds a unit."""

    name: str
    rows: int
    times: np.ndarray
    error: float | None
    tolerance: float | None
    note: str


@dataclass(frozen=True)
class Topic:
    """One benchmark: ours, the peers, and those that could not take part."""

    title: str
    unit: str
    ours: Line
    peers: list[Line]
    skipped: dict[str, str]
    versions: list[list[str]]
    measure: str
    size: int | None
    notes: list[str]

    def ratio(self, peer: Line) -> tuple[float, np.ndarray]:
        """Return the ratio of the least times, and the quartiles of the ratios of the rounds."""
        return peer.times.min() / self.ours.times.min(), np.percentile(peer.times / self.ours.times, [25, 50, 75])


def read_topic(benchmark: dict[str, Any]) -> Topic:
    """Return what one entry of pytest-benchmark's JSON says."""
    extra = benchmark["extra_info"]
    items = extra.get("items", 1)
    # A round of ours is `calls` calls; the peers have counted theirs themselves.
    ours = np.array(benchmark["stats"]["data"]) / extra["calls"] * 1e9 / (extra["rows"] * items)
    peers = [
        Line(
            peer["name"],
            peer["rows"],
            np.array(peer["seconds"]) * 1e9 / (peer["rows"] * items),
            peer["error"],
            peer["tolerance"],
            peer["note"],
        )
        for peer in extra["peers"]
    ]
    return Topic(
        extra["topic"],
        extra["unit"],
        Line("**ours**", extra["rows"], ours, extra.get("error"), extra.get("tolerance"), ""),
        peers,
        extra.get("skipped", {}),
        [peer["versions"] for peer in extra["peers"]],
        extra.get("measure", ""),
        extra.get("bytes"),
        extra.get("notes", []),
    )


def significant(value: float) -> str:
    """Return three significant digits, without an exponent."""
    digits = max(0, 2 - int(np.floor(np.log10(value)))) if value > 0.0 else 0
    return f"{round(value, digits):,.{digits}f}" if value < 1000 else f"{round(value, 2 - int(np.log10(value))):,.0f}"


def duration(nanoseconds: float) -> str:
    """Return a time in the unit that needs no more than three digits before the point."""
    for unit, size in (("ns", 1.0), ("µs", 1e3)):
        if nanoseconds < 1e3 * size:
            return f"{significant(nanoseconds / size)} {unit}"
    return f"{significant(nanoseconds / 1e6)} ms"


def scientific(value: float | None) -> str:
    return "" if value is None else f"{value:.1e}" if value else "0"


def table_row(topic: Topic, line: Line) -> str:
    cells = [line.name, f"{line.rows:,}", duration(line.times.min()), duration(float(np.median(line.times)))]
    if line is topic.ours:
        cells += ["1", "1"]
    else:
        least, (low, middle, high) = topic.ratio(line)
        cells += [significant(least), f"{significant(middle)} ({significant(low)} to {significant(high)})"]
    return "| " + " | ".join([*cells, scientific(line.error), scientific(line.tolerance)]) + " |"


def rate(line: Line, size: int) -> str:
    """Return how much of a source is read in a second, at the least of the times."""
    seconds = line.times.min() * line.rows / 1e9
    return f"* {line.name}: {line.rows / seconds:,.0f} rows/s, {significant(size / 1e6 / seconds)} MB/s of {size / 1e6:.1f} MB."


def section(topic: Topic) -> str:
    """Return one topic as a table with its notes."""
    lines = [
        f"## {topic.title}",
        "",
        f"| | n | time per {topic.unit}: least | median | x ours: least | median | error | bound |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(table_row(topic, line) for line in [topic.ours, *topic.peers]),
        "",
    ]
    if topic.measure:
        lines += [f"Error: {topic.measure}.", ""]
    if topic.size is not None:
        lines += [*(rate(line, topic.size) for line in [topic.ours, *topic.peers]), ""]
    if topic.unit == "chain":
        rates = (f"{line.name} {significant(1e9 / line.times.min())}" for line in [topic.ours, *topic.peers])
        lines += [f"* Chains a second: {', '.join(rates)}."]
    lines += [f"* {note}" for note in topic.notes]
    lines += [f"* Not run: {name}: {reason}." for name, reason in topic.skipped.items()]
    return "\n".join(lines).rstrip() + "\n"


def targets(topics: dict[str, Topic]) -> str:
    """Return the table of targets, each with what was measured."""
    lines = [
        "## Targets",
        "",
        "| topic | beside | target | least | median | |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    for target in TARGETS:
        topic = topics.get(target.topic)
        peer = next((line for line in topic.peers if line.name == target.peer), None) if topic else None
        if topic is None or peer is None:
            lines.append(f"| {target.topic} | {target.peer} | {target} | | | not run |")
            continue
        least, (_, middle, _) = topic.ratio(peer)
        least, middle = (least, middle) if target.at_least else (1.0 / least, 1.0 / middle)
        verdict = "met" if target.is_met(middle) else "least: met" if target.is_met(least) else "**missed**"
        figures = f"{significant(least)} | {significant(float(middle))}"
        lines.append(f"| {topic.title} | {peer.name} | {target} | {figures} | {verdict} |")
    return "\n".join(lines) + "\n"


def failed(results: dict[str, Any]) -> str:
    """Return the topics that failed, which have no table."""
    return "\n".join(["## Failed", "", *(f"* {what}" for what in results["failed"])]) + "\n"


def accuracy(findings: list[dict[str, Any]]) -> str:
    """Return the largest error of every figure, beside what the tests allow."""
    lines = [
        "## Accuracy over the whole domain",
        "",
        "| | against | n | abs(d1) up to | largest error | | allowed in the tests |",
        "| --- | --- | ---: | ---: | ---: | --- | ---: |",
    ]
    for it in findings:
        error = scientific(it["error"])
        cells = [it["figure"], it["truth"], f"{it['contracts']:,}", f"{it['d1']:.1f}"]
        above = it["error"] > it["tolerance"]
        cells += [f"**{error}**" if above else error, it["measure"], scientific(it["tolerance"])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", DOMAIN])


def machine(results: dict[str, Any]) -> str:
    """Return what the figures depend on: processor, instruction set, versions."""
    info = results["machine_info"]
    cpu = info["cpu"].get("brand_raw") or platform.processor() or info["machine"]
    return (
        "## Machine\n\n"
        f"{cpu}, {info['cpu'].get('count', '?')} cores, {info['system']} {info['machine']}; the kernel runs its "
        f"`{info['instruction_set']}` loops. {info['python_compiler']}. Ours: {', '.join(info['versions'])}.\n"
    )


def peers(topics: dict[str, Topic]) -> str:
    """Return each peer's versions and how it is used."""
    known: dict[str, str] = {}
    for topic in topics.values():
        for line, versions in zip(topic.peers, topic.versions, strict=True):
            if versions:
                known[line.name] = "; ".join(filter(None, [", ".join(versions), line.note]))
    return "## Peers\n\n" + "\n".join(f"* {name}: {what}." for name, what in known.items()) + "\n"


def report(results: dict[str, Any]) -> str:
    """Return the whole report."""
    timed = [entry for entry in results["benchmarks"] if "accuracy" not in entry["extra_info"]]
    findings = [finding for entry in results["benchmarks"] for finding in entry["extra_info"].get("accuracy", [])]
    topics = {topic.title: topic for topic in map(read_topic, timed)}
    parts = [HEADER, targets(topics)]
    parts += [failed(results)] if results["failed"] else []
    parts += [accuracy(findings)] if findings else []
    return "\n".join([*parts, *map(section, topics.values()), machine(results), peers(topics)])


if __name__ == "__main__":
    source, destination = map(Path, sys.argv[1:])
    destination.write_text(report(json.loads(source.read_text())), encoding="utf-8")
    print(f"wrote {destination}")
