"""What changed between two snapshots, for machines: one document, or tables of steps, strikes and expirations."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gex.cli.render.document import NO_OI_DATE

if TYPE_CHECKING:
    import polars as pl

    from gex.change import Change, Figures, Moment

SCHEMA_VERSION = 1
UNITS = {
    "net": "net_gamma_usd_per_1pct",
    "gross": "gross_gamma_usd_per_1pct",
    "zero_dte_net": "zero_dte_net_gamma_usd_per_1pct",
    "vanna": "vanna_usd_per_vol_point",
}


def document(change: Change, *, detail: bool = False) -> dict[str, Any]:
    """Return the document of a change; `jsonable` turns its times into JSON's.

    Args:
        change: What to publish.
        detail: Add `by_strike`.

    """
    doc = {
        "schema_version": SCHEMA_VERSION,
        "underlying": change.underlying,
        "before": _moment(change.before),
        "after": _moment(change.after),
        "order": ["rolled_off", *(step.name for step in change.steps[1:-1]), "new"],
        "total": figures(change.total),
        "steps": [
            {
                "step": step.name,
                "part": figures(step.part),
                "reversed_net_gamma_usd_per_1pct": step.reversed_net,
                "after": figures(step.after),
            }
            for step in change.steps
        ],
        "residual": figures(change.residual),
        "contracts": {"in_both": change.common, "only_before": change.gone, "only_after": change.come},
        "by_expiration": change.by("expiration").to_dicts(),
        "settings": change.settings.as_dict() | {"fingerprint": change.settings.fingerprint},
        "assumptions": change.assumptions,
        "warnings": change.warnings,
        "reasons": {
            f"{name}.open_interest_date": NO_OI_DATE
            for name, moment in (("before", change.before), ("after", change.after))
            if moment.open_interest_date is None
        },
    }
    if detail:
        doc["by_strike"] = change.by("strike").to_dicts()
    return doc


def figures(values: Figures) -> dict[str, Any]:
    """Return figures under their published names."""
    return {UNITS.get(name, name): value for name, value in asdict(values).items()}


def table(change: Change, which: str) -> pl.DataFrame:
    """Return the steps, or net gamma's change by strike, expiration or contract, each row with the snapshots' times."""
    import polars as pl

    whose = {"underlying": change.underlying, "before": change.before.quote_time, "after": change.after.quote_time}
    if which == "steps":
        rows = steps(change)
    else:
        net = change.by_contract if which == "by_contract" else change.by(which.removeprefix("by_"))
        rows = net.rename({"before": "net_before", "after": "net_after"})
    return rows.select(*(pl.lit(value).alias(name) for name, value in whose.items()), pl.all())


def steps(change: Change) -> pl.DataFrame:
    """Return one row for the first snapshot, one per part, one for the second."""
    import polars as pl

    rows: list[dict[str, Any]] = [
        {"step": "before", **figures(change.before.figures)},
        *(
            {"step": step.name, **figures(step.part), "reversed_net_gamma_usd_per_1pct": step.reversed_net}
            for step in change.steps
        ),
        {"step": "after", **figures(change.after.figures)},
    ]
    names = ["step", *(UNITS.get(name, name) for name in asdict(change.total) if name != "reasons")]
    columns = [*names, "reversed_net_gamma_usd_per_1pct"]
    schema = {"step": pl.String} | dict.fromkeys(columns[1:], pl.Float64)
    return pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], schema=schema)


def _moment(moment: Moment) -> dict[str, Any]:
    doc = asdict(moment)
    return doc | {"figures": figures(moment.figures)}
