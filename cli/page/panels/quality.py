"""Every row accounted for, the settings, and where the figures come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex import __version__
from gex.cli.page.html import paragraph, section, table
from gex.cli.render import figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from gex.cli.page.view import View
    from gex.results import Analysis


def panel(view: View) -> Markup:
    """Return the section."""
    analysis = view.analysis
    rows = ((name, str(value)) for name, value in _facts(analysis))
    settings = ((name, _shown(value)) for name, value in analysis.settings.as_dict().items())
    return section(
        "quality", "Quality, settings and provenance", paragraph(_rows(analysis)),
        table("Where the figures come from", ["What", "Value"], rows, words=2),
        table("Settings", ["Name", "Value"], settings, words=2),
    )  # fmt: skip


def _rows(analysis: Analysis) -> str:
    report = analysis.quality
    aside = [f"{count:,} {reason.replace('_', ' ')}" for reason, count in sorted(report.quarantined.items())]
    total = sum(report.quarantined.values())
    text = f"{report.rows_in:,} rows in = {analysis.rows_used:,} used + {total:,} set aside"
    text += f" ({', '.join(aside)})." if aside else "."
    if check := analysis.vendor_check:
        text += (
            f" On {check.contracts} 0DTE contracts near the money our gamma is {check.median_gamma_ratio:.3f} times "
            "the vendor's, in the median."
        )
    return text


def _facts(analysis: Analysis) -> Iterator[tuple[str, object]]:
    source, spot = analysis.source, analysis.spot
    yield "source", source.path.rpartition("/")[2]
    yield "layout", source.format
    yield "SHA-256", source.sha256
    yield "quotes made at", f"{figures.moment(analysis.quote_time)} ({analysis.quote_time_source})"
    yield "spot", f"{figures.price(spot.used)}, from {spot.source}"
    for name, value in (("the source's own spot", spot.header), ("spot by parity", spot.parity)):
        if value is not None:
            yield name, figures.price(value)
    yield "settings' fingerprint", analysis.settings.fingerprint
    yield "made by", f"gex {__version__}"


def _shown(value: object) -> str:
    return "none" if value is None else ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
