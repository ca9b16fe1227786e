"""The committed figures of other programs are what those programs say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.slow


def test_the_committed_figures_are_their_programs(
    committed: dict[str, Any], american_reference: ModuleType, cash_reference: ModuleType, make_truths: ModuleType
) -> None:
    """To what another processor's or compiler's rounding may change in a second difference."""
    programs = make_truths.programs(american_reference, cash_reference)
    assert {name: len(rows) for name, rows in committed.items()} == {
        name: len(rows) for name, rows in make_truths.contracts(american_reference, cash_reference).items()
    }
    for name, rows in committed.items():
        for row, figures in rows:
            np.testing.assert_allclose(programs[name](row), figures, rtol=1e-6, atol=1e-9, err_msg=f"{name} {row}")
