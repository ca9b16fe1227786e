"""Every row accounted for, the settings, and where the figures come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from gex import __version__
from gex.cli.page.html import joined, paragraph, section, table
from gex.cli.render import figures
from gex.cli.render.sentences import sentence
from gex.ingest.quality import RULES
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.page.view import View
    from gex.ingest.quality import Rule
    from gex.results import Analysis

FACTS = Markup('<dl class="facts">\n{}</dl>\n')
FACT = Markup("<div><dt>{}</dt><dd>{}</dd></div>\n")
SETTINGS = Markup("<details><summary>All settings</summary>\n{}</details>\n")


def panel(view: View) -> Markup:
    """Return the section."""
    analysis = view.analysis
    notes = (paragraph(sentence(note), "aside") for note in analysis.quality.notes)
    return section(
        "quality", "Quality, settings and provenance", paragraph(_rows(analysis)), joined(notes), _findings(analysis),
        FACTS.format(joined(FACT.format(*fact) for fact in _facts(analysis))), SETTINGS.format(_settings(analysis)),
    )  # fmt: skip


def _rows(analysis: Analysis) -> str:
    """Account for every row, and hold our gamma against the vendor's."""
    report, aside = analysis.quality, sum(analysis.quality.quarantined.values())
    text = f"{report.rows_in:,} rows in = {analysis.rows_used:,} used + {aside:,} set aside"
    if unused := report.rows_kept - analysis.rows_used:
        text += f" + {unused:,} kept but not used"
    if check := analysis.vendor_check:
        text += (
            f". On {check.contracts} 0DTE contracts near the money our gamma is {check.median_gamma_ratio:.3f} times "
            "the vendor's, in the median"
        )
    return text + "."


def _findings(analysis: Analysis) -> Markup:
    """Return what was found in the rows: how often, what it means, what became of them or what to do."""
    report = analysis.quality
    counts = report.quarantined | report.warnings
    rows = [[rule.code, f"{counts[rule.code]:,}", *_meaning(rule)] for rule in RULES if counts.get(rule.code)]
    known = {rule.code for rule in RULES}
    rows += [[code, f"{count:,}", "", "", ""] for code, count in sorted(counts.items()) if code not in known]
    if not rows:
        return paragraph("No row broke a rule.", "aside")
    head = ["Finding", "Rows", "Fate", "Meaning", "Remedy, or what it does"]
    return table("What was found in the rows", head, rows, kinds=("word", "figure", "word", "text", "text"))


def _meaning(rule: Rule) -> tuple[str, str, str]:
    return "set aside" if rule.severity == "error" else "kept, flagged", rule.meaning, rule.remedy


def _facts(analysis: Analysis) -> Iterator[tuple[str, str]]:
    source = analysis.source
    yield "Source", source.path.rpartition("/")[2]
    yield "Layout", source.format
    yield "SHA-256", source.sha256
    yield "Quotes made", f"{figures.moment(analysis.quote_time)}, from {analysis.quote_time_source}"
    yield "Spot", ", ".join(_spots(analysis))
    if analysis.settings.move_to:
        yield "Re-priced at", figures.price(analysis.settings.move_to)
    yield "Settings", f"{analysis.settings.fingerprint} (fingerprint)"
    yield (
        "Made by",
        f"gex {__version__}"
        + (f", from rows read by gex {source.tool_version}" if source.tool_version != __version__ else ""),
    )


def _spots(analysis: Analysis) -> Iterator[str]:
    """Say which price was used, and what the others were."""
    spot = analysis.spot
    yield f"{figures.price(spot.used)}, {'as given' if spot.source == 'given' else f'from {spot.source}'}"
    for name, value in (("header", spot.header), ("parity", spot.parity)):
        if value is not None and name != spot.source:
            yield f"{name} {figures.price(value)}"


def _settings(analysis: Analysis) -> Markup:
    """Return every setting beside what it is where nobody sets it."""
    usual = Settings().as_dict()
    rows = (
        [name.replace("_", " "), _shown(value), "the same" if value == usual[name] else _shown(usual[name])]
        for name, value in analysis.settings.as_dict().items()
    )
    return table("Settings", ["Name", "Value", "Where nobody sets it"], rows, kinds=("word", "text", "text"))


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(each)}" for name, each in value.items())
    return "none" if value is None else ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
