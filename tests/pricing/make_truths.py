"""Write tests/pricing/truths.json: figures of independent programs that take too long to be asked anew in every run.

Each contract with what its program says, one to a line; tests/pricing/test_truths.py asks all of them again.
Run it as `python tests/pricing/make_truths.py > tests/pricing/truths.json`.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

MANY_EX_DATES = (100.29, 100.0, 14, 0.188, 0.0394, 0.0, True, (1, 3, 10, 11, 12), (1.32, 0.87, 2.25, 2.14, 1.21))
"""Five dividends in the last two weeks, which need a fine grid."""


def programs(american: ModuleType, cash: ModuleType) -> dict[str, Callable[[Any], Any]]:
    """Return what gives the figures of each list, as a function of the contract."""

    def grid(values: Any) -> Any:
        """Ask QuantLib with time steps on all ex-dates: its gamma is off by 3% of the peak otherwise, near expiry."""
        contract = cash.CashContract(*values)
        return cash.quantlib_grid(contract, max(2, -(-600 // contract.days)), 1000).tolist()

    def tree(values: Any) -> Any:
        contract = cash.CashContract(*values)
        return cash.cash_tree(contract, max(2, -(-1500 // contract.days)))

    return {
        "american_quantlib": lambda row: american.QuantLibOption(row).figures(),
        "american_tree": lambda row: american.tree(row, 2001),
        "cash_quantlib": grid,
        "cash_quantlib_fine": lambda values: cash.quantlib_grid(cash.CashContract(*values), 100, 3000).tolist(),
        "cash_tree": tree,
    }


def contracts(american: ModuleType, cash: ModuleType) -> dict[str, Any]:
    """Return the contracts of each list."""
    return {
        "american_quantlib": american.sample(120, seed=2),
        "american_tree": american.sample(72, seed=2),
        "cash_quantlib": cash.cash_contracts(32, seed=5, yields=False),
        "cash_quantlib_fine": [MANY_EX_DATES],
        "cash_tree": cash.cash_contracts(40, seed=7),
    }


def main() -> None:
    """Ask every program about its contracts."""
    modules = [import_module(f"{name}_reference") for name in ("american", "cash")]
    asked = programs(*modules)
    lists = [
        f'"{name}": [\n' + ",\n".join(json.dumps([row, asked[name](row)]) for row in rows) + "\n]"
        for name, rows in contracts(*modules).items()
    ]
    sys.stdout.write("{" + ",\n".join(lists) + "}\n")


if __name__ == "__main__":
    main()
