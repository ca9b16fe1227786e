"""What commands on option trades share: options that name tapes and tell sides, and the account of the rows read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gex.cli.log import LOGGER

if TYPE_CHECKING:
    from gex.ingest.schema import Chain
    from gex.ingest.trade_schema import Trades
    from gex.microstructure.sides import Classifier

stack_option = click.option(
    "--stack",
    default="gsu_large",
    show_default=True,
    metavar="NAME",
    help="Rules that tell the sides: a stack's or a rule's name, or rules and commas.",
)
accuracies_option = click.option(
    "--accuracies",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="How often each rule is right, a TOML file. [default: as published]",
)
underlying_option = click.option("--underlying", metavar="SYMBOL", help="Which one, where the trades are on several.")
beside_option = click.option(
    "--with", "beside", multiple=True, metavar="FILE", help="A file that completes the trades. May be repeated."
)


@dataclass
class Account:
    """What became of the rows of some tapes."""

    rows_in: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    notes: dict[str, None] = field(default_factory=dict)

    def add(self, batch: Trades) -> None:
        """Add a batch's."""
        quality = batch.quality
        self.rows_in += quality.rows_in
        self.quarantined.update(quality.quarantined)
        self.warnings.update({name: count for name, count in quality.warnings.items() if count})
        self.notes |= dict.fromkeys(quality.notes)

    def as_dict(self) -> dict[str, Any]:
        """Return it, JSON-ready."""
        return {
            "rows_in": self.rows_in,
            "quarantined": dict(sorted(self.quarantined.items())),
            "warnings": dict(sorted(self.warnings.items())),
            "notes": list(self.notes),
        }

    def tell(self) -> None:
        """Say on stderr what became of rows that are not in the figures, or in doubt."""
        if self.quarantined:
            aside = f"{self.quarantined.total():,} of {self.rows_in:,}"
            LOGGER.warning("%s rows set aside: %s", aside, _listed(self.quarantined))
        if self.warnings:
            LOGGER.warning("trades flagged: %s", _listed(self.warnings))
        for note in self.notes:
            LOGGER.warning("%s", note)


def classifier_of(stack: str, accuracies: Path | None) -> tuple[Classifier, str]:
    """Return what tells the sides, by --stack and --accuracies, and what its accuracies are called.

    Raises:
        ContentError: The file holds no accuracies.
        click.UsageError: There is no such stack or rule.

    """
    import tomllib

    from gex.ingest.errors import ContentError
    from gex.microstructure.accuracies import PUBLISHED, Accuracies
    from gex.microstructure.sides import Classifier

    known = PUBLISHED
    if accuracies is not None:
        try:
            known = Accuracies.from_dict(tomllib.loads(accuracies.read_text(encoding="utf-8")))
        except (ValueError, TypeError, AttributeError) as error:
            raise ContentError(str(error), source=str(accuracies)) from error
    names = [name.strip() for name in stack.split(",") if name.strip()]
    try:
        return Classifier(names if len(names) > 1 else stack, known), known.name
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def chain_of(source: str | None, underlying: str | None, store: Path | None) -> Chain | None:
    """Return the chain that a SOURCE names, if one is named.

    Raises:
        ChainError: It cannot be found or read.

    """
    if source is None:
        return None
    from gex.cli.options import ReadOptions
    from gex.cli.sources import open_chain

    read = ReadOptions(None, underlying, None, (), {}, None, None, store, strict=False, max_bad=0.2)
    return open_chain(source, read, None)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())
