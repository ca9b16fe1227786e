"""The report on real chains: it fits the screen, validates, or refuses in one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    "name",
    [
        "spx_2025-09-05_1016",
        "spx_2025-09-02_1937",
        "spx_2024-02-13_0640_no_iv",
        "spx_2022-12-12_2030",
        "qqq_2023-05-10_1510",
    ],
)
def test_a_real_chain_fits_the_screen_and_the_schema(
    gex: Callable[..., Ran], data_path: Callable[..., Path], name: str
) -> None:
    path = data_path("chains", "cboe_csv", f"{name}.csv")
    ran = gex("report", path)
    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert len(ran.out.splitlines()) <= 42
    schema = json.loads(gex("formats", "--json-schema").out)
    jsonschema.validate(json.loads(gex("report", path, "--format", "json", "--detail").out), schema)


def test_every_real_chain_is_read_or_refused_in_one_line(
    gex: Callable[..., Ran], data_path: Callable[..., Path]
) -> None:
    files = sorted(path for path in data_path("chains").rglob("*") if path.is_file())
    assert len(files) > 20
    for path in files:
        ran = gex("levels", path)
        assert ran.code in {0, 3}, ran.err
        if ran.code:
            assert ran.out == ""
            assert ran.err.startswith(f"gex: {path}: ")
            assert ran.err.count("\n") == 1
        else:
            assert len(ran.out.splitlines()) == 2
