"""A run of `gex inventory`: tapes read in pieces, sides told, orders summed up, chains beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gex.cli.log import LOGGER
from gex.cli.tapes import Account, chain_of, classifier_of

if TYPE_CHECKING:
    import datetime as dt

    import polars as pl

    from gex.cli.inventory import InventoryOptions
    from gex.ingest.schema import Chain
    from gex.ingest.trade_schema import Trades
    from gex.microstructure.flow import Flow
    from gex.microstructure.inventory import Inventory
    from gex.microstructure.reconciliation import Reconciliation
    from gex.microstructure.sides import Classifier, Sides
    from gex.results import Analysis


@dataclass
class Read:
    """What was read of the tapes."""

    account: Account = field(default_factory=Account)
    underlyings: set[str] = field(default_factory=set)
    times: tuple[dt.datetime, ...] = ()
    """The first and the last of each piece."""
    sides: list[pl.DataFrame] = field(default_factory=list)
    """Of each piece, by expiration and type: what customers bought less what they sold, as told, and what is not known."""

    def add(self, batch: Trades, told: Sides) -> None:
        """Add the account of a piece."""
        import polars as pl

        self.account.add(batch)
        trades = batch.frame
        if trades.is_empty():
            return
        self.underlyings |= set(trades["underlying"].unique())
        time = pl.col("trade_time")
        self.times += trades.select(first=time.min(), last=time.max()).row(0)
        signed = trades.select("expiration", "option_type", "size", side=pl.Series(told.side).cast(pl.Int64))
        unknown = pl.col("size").filter(pl.col("side") == 0).sum().alias("unknown")
        bought = (pl.col("size") * pl.col("side")).sum().alias("bought")
        self.sides.append(signed.group_by("expiration", "option_type").agg(bought, unknown))


@dataclass(frozen=True)
class Found:
    """What dealers hold, and what that rests on."""

    given: InventoryOptions
    underlying: str
    read: Read
    stack: tuple[str, ...]
    accuracies: str
    maker_share: float
    lean: float
    inventory: Inventory
    sides: pl.DataFrame
    """As in `Read`, of the whole."""
    analysis: Analysis | None
    reconciliation: Reconciliation | None
    unlisted: int
    """Contracts that the chain does not list, left out."""


def find(sources: tuple[str, ...], given: InventoryOptions) -> Found:
    """Read tapes and tell what dealers hold.

    Raises:
        ChainError: A tape, a chain or a file cannot be read; no tape has a trade; trades are on several underlyings.
        click.UsageError: There is no such stack or rule.

    """
    import polars as pl

    from gex.microstructure.inventory import from_flow

    read = Read()
    classifier, accuracies = classifier_of(given.stack, given.accuracies)
    flow = _flow(sources, given, classifier, read)
    read.account.tell()
    underlying = _only(read, sources[0])
    chain, after = (chain_of(source, given.underlying, given.store) for source in (given.chain, given.reconcile))
    lean = flow.lean
    whole = _opening(given, chain, min(read.times)).plus(from_flow(flow, lean=lean))
    reconciliation = None
    if chain is not None and after is not None:
        reconciliation = whole.reconciled(chain.frame, after.frame)
        whole = reconciliation.inventory
        _tell_impossible(reconciliation)
    listed, unlisted = _listed(whole, after or chain)
    return Found(
        given=given,
        underlying=underlying,
        read=read,
        stack=classifier.stack,
        accuracies=accuracies,
        maker_share=flow.maker_share,
        lean=lean,
        inventory=listed,
        sides=pl.concat(read.sides).group_by("expiration", "option_type").sum(),
        analysis=_analysis(listed, after or chain, given),
        reconciliation=reconciliation,
        unlisted=unlisted,
    )


def _flow(sources: tuple[str, ...], given: InventoryOptions, classifier: Classifier, read: Read) -> Flow:
    """Sum up the orders of all tapes, one after the other."""
    from gex.ingest.errors import ContentError
    from gex.ingest.trades.read import trade_batches
    from gex.microstructure.flow import flow_of

    share, flow = 1.0 if given.maker_share is None else given.maker_share, None
    for source in sources:
        for batch in trade_batches(source, beside=given.beside, underlying=given.underlying):
            told = classifier.classify(batch.frame)
            read.add(batch, told)
            if given.accounts is not None and flow is None and read.underlyings:
                share = _share(given.accounts, _only(read, source))
            if not batch.frame.is_empty():
                piece = flow_of(batch.frame, told, maker_share=share)
                flow = piece if flow is None else flow.plus(piece)
    if flow is None:
        read.account.tell()
        raise ContentError("the tape has no trade", source=sources[0])
    return flow


def _share(path: Path, underlying: str) -> float:
    from gex.ingest.account_volume import read_account_volume
    from gex.ingest.errors import ContentError
    from gex.microstructure.maker_share import maker_share_of

    try:
        return maker_share_of(read_account_volume(path), underlying)
    except ValueError as error:
        raise ContentError(str(error), source=str(path)) from error


def _only(read: Read, source: str) -> str:
    """Return the underlying of all trades."""
    from gex.ingest.errors import ContentError

    if len(read.underlyings) > 1:
        listed = ", ".join(sorted(read.underlyings))
        raise ContentError(f"the trades are on {listed}; pick one with --underlying", source=source)
    return next(iter(read.underlyings))


def _opening(given: InventoryOptions, chain: Chain | None, first: dt.datetime) -> Inventory:
    """Return what dealers held before the first trade."""
    from gex.cli.values import book_of
    from gex.ingest.errors import UnreadableError
    from gex.microstructure.inventory import NONE, opening_from, opening_of

    if given.opening == "naive" and chain is not None:
        return opening_from(chain.frame, confidence=given.confidence)
    if given.opening == "none":
        return NONE
    if not Path(given.opening).is_file():
        raise UnreadableError("no such file; --opening takes none, naive or a position file", source=given.opening)
    return opening_of(book_of(given.opening)).rolled(first)


def _listed(whole: Inventory, chain: Chain | None) -> tuple[Inventory, int]:
    """Return what is left at a chain's time of what it lists, and how many contracts it does not list."""
    if chain is None:
        return whole, 0
    left = whole.rolled(chain.quote_time, keep_counts=True)
    listed = left.among(chain.frame)
    return listed, left.table.height - listed.table.height


def _analysis(listed: Inventory, chain: Chain | None, given: InventoryOptions) -> Analysis | None:
    """Analyse a chain with what dealers hold of it; the reasons why not are errors of the chain."""
    if chain is None:
        return None
    from gex import Settings
    from gex.analysis import analyze
    from gex.ingest.errors import ContentError

    try:
        return analyze(chain, Settings(band=(), positions=listed.book("the inventory")))
    except ValueError as error:
        raise ContentError(str(error), source=given.reconcile or given.chain) from error


def _tell_impossible(found: Reconciliation) -> None:
    if found.impossible.is_empty():
        return
    row = found.impossible.row(0, named=True)
    name = f"{row['root']} {row['expiration']} {row['strike']:g} {row['option_type']}"
    LOGGER.warning(
        "%d contracts not reconciled, the first %s: %s (%d to %d, %d traded)",
        *(found.impossible.height, name, row["reason"], row["before"], row["after"], row["volume"]),
    )
