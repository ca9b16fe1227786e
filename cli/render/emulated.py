"""Other programs' figures beside ours: a screen, a document, and flat rows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.terminal import aligned, flow

if TYPE_CHECKING:
    from gex.cli.emulation import Emulated
    from gex.cli.render.terminal import Terminal
    from gex.emulation_faults import Fault
    from gex.emulations import Emulation


def screen(found: Emulated, terminal: Terminal) -> str:
    """Return one source's table of programs, what moves each flip, and what each program takes for granted."""
    analysis = found.analysis
    title = f"{analysis.underlying}  {figures.moment(analysis.quote_time)}  spot {figures.price(analysis.spot.used)}"
    head, *programs = _programs(found)
    lines = [terminal.paint(title, "ink", bold=True), "", terminal.paint(head, "muted"), *programs, ""]
    head, *faults = _faults(found)
    lines += [terminal.paint(head, "muted"), *faults]
    for emulation, _ in found.programs:
        text = flow([emulation.title, *emulation.reasons.values(), *emulation.assumptions], terminal.width, indent="  ")
        lines += ["", *(terminal.paint(line, "muted") for line in text)]
    return "\n".join(lines) + "\n"


def _programs(found: Emulated) -> list[str]:
    """Lay out, a row a program, flip and net; the total is what both print beside: the vendor's gamma, added up."""
    spot, ours = found.analysis.spot.used, found.analysis.levels.gamma_flip
    net = found.analysis.exposure.gamma_usd_per_1pct.net
    dollars = [(each.net_gamma_usd_per_1pct, each.vendor_gamma_usd_per_1pct) for each, _ in found.programs]
    money = figures.Money.spanning([net, *(value for pair in dollars for value in pair)])
    rows: list[tuple[str, ...]] = [("gex", _level(ours, spot), "", money(net), "")]
    for (emulation, _), pair in zip(found.programs, dollars, strict=True):
        flip = emulation.gamma_flip
        away = "" if flip is None or ours is None else _points(flip - ours, spot)
        rows.append((emulation.name, _level(flip, spot), away, *map(money, pair)))
    head = ("PROGRAM", "flip", "from ours", f"net, {money.unit} per +1%", "sum of the vendor's gamma")
    return aligned([head, *rows], "<>>>>")


def _faults(found: Emulated) -> list[str]:
    """Lay out, a row a fault and a column a program, by how many points each moves the flip."""
    spot = found.analysis.spot.used
    columns = [faults for _, faults in found.programs]
    rows = [
        (
            of_all[0].name,
            of_all[0].meaning,
            *("" if each.points is None else _points(each.points, spot) for each in of_all),
        )
        for of_all in zip(*columns, strict=True)
    ]
    sums = (_sum(faults) for faults in columns)
    rows.append(("", "from ours", *("" if each is None else _points(each, spot) for each in sums)))
    head = ("MOVED BY", "points", *(emulation.name for emulation, _ in found.programs))
    return aligned([head, *rows], "<<" + ">" * len(columns))


def _sum(faults: tuple[Fault, ...]) -> float | None:
    """Return by how much all faults move the flip: the program's less ours."""
    theirs, ours = faults[0].flip_with, faults[-1].flip_without
    return None if theirs is None or ours is None else theirs - ours


def _level(value: float | None, spot: float) -> str:
    return "none" if value is None else figures.level(value, spot)


def _points(value: float, spot: float) -> str:
    return figures.signed(value, 1 if spot >= 1000 else 2)


def document(found: Emulated) -> dict[str, Any]:
    """Return one source's emulations; points and $ per +1%."""
    analysis = found.analysis
    return {
        "underlying": analysis.underlying,
        "quote_time": analysis.quote_time,
        "spot": analysis.spot.used,
        "gamma_flip": analysis.levels.gamma_flip,
        "net_gamma_usd_per_1pct": analysis.exposure.gamma_usd_per_1pct.net,
        "emulations": [
            _figures(emulation)
            | {"crossings": emulation.crossings, "assumptions": emulation.assumptions, "reasons": emulation.reasons}
            | {"faults": [asdict(fault) | {"points": fault.points} for fault in faults]}
            for emulation, faults in found.programs
        ],
        "settings": analysis.settings.as_dict() | {"fingerprint": analysis.settings.fingerprint},
        "source": asdict(analysis.source),
    }


def rows(found: Emulated) -> list[dict[str, Any]]:
    """Return a flat row a program."""
    analysis = found.analysis
    return [
        {
            "underlying": analysis.underlying,
            "quote_time": analysis.quote_time,
            "our_gamma_flip": analysis.levels.gamma_flip,
        }
        | _figures(emulation)
        | {f"{fault.name}_points": fault.points for fault in faults}
        | {"source": analysis.source.path, "sha256": analysis.source.sha256}
        for emulation, faults in found.programs
    ]


def _figures(emulation: Emulation) -> dict[str, Any]:
    names = (
        "name", "title", "address", "spot", "today", "rate", "gamma_flip", "net_gamma_usd_per_1pct",
        "vendor_gamma_usd_per_1pct", "contracts", "settled", "one_day",
    )  # fmt: skip
    return {name: getattr(emulation, name) for name in names}
