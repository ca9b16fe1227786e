"""Gamma exposure analytics for index options.

The names below load on first use, so that `import gex.pricing` loads NumPy and nothing more.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gex.analysis import analyze as analyze
    from gex.ingest.daily import read_daily as read_history
    from gex.ingest.read import read_chain as read_chain
    from gex.ingest.read import read_chains as read_chains
    from gex.ingest.result_store import scan_series as scan_series
    from gex.ingest.scan import scan_store as scan_store
    from gex.ingest.schema import Chain as Chain
    from gex.ingest.trades.read import read_trades as read_trades
    from gex.results import Analysis as Analysis
    from gex.settings import Settings as Settings

__version__ = "0.1.0"

_HOME = {
    "Analysis": "gex.results",
    "Chain": "gex.ingest.schema",
    "Settings": "gex.settings",
    "analyze": "gex.analysis",
    "read_chain": "gex.ingest.read",
    "read_chains": "gex.ingest.read",
    "read_history": "gex.ingest.daily:read_daily",
    "read_trades": "gex.ingest.trades.read",
    "scan_series": "gex.ingest.result_store",
    "scan_store": "gex.ingest.scan",
}
__all__ = [
    "Analysis",
    "Chain",
    "Settings",
    "__version__",
    "analyze",
    "read_chain",
    "read_chains",
    "read_history",
    "read_trades",
    "scan_series",
    "scan_store",
]


def __getattr__(name: str) -> object:
    try:
        module, _, own = _HOME[name].partition(":")
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    from importlib import import_module

    value = getattr(import_module(module), own or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
