"""What a server was started with: folders, and the conventions of every figure it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gex.cli.histories import Histories
    from gex.cli.options import ReadOptions
    from gex.settings import Settings


@dataclass(frozen=True)
class Site:
    """What a server was started with; nothing of it comes from a request.

    Attributes:
        store: Of snapshots.
        settings: Of every figure.
        read: What bad rows are accepted; of many snapshots, so without `quote_time`, `snapshot` and `underlying`.
        results: Folder of results, for series, limits and percentiles; None without.
        histories: Daily histories, for regime and flows; None without.
        limits: File of rules; None without.

    """

    store: Path
    settings: Settings
    read: ReadOptions
    results: Path | None = None
    histories: Histories | None = None
    limits: Path | None = None
