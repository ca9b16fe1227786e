"""The command line run in this process, and small chains to run it on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from gex.cli.main import run
from gex.ingest.sample import generate, write_cboe_csv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """What a run left: exit code, stdout and stderr."""

    code: int
    out: str
    err: str


@pytest.fixture(name="gex")
def _gex(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Ran]:
    """Return a function that runs `gex` with arguments, away from this machine's own settings, 80 columns wide."""
    settings = [name for name in os.environ if name.startswith("GEX_") and name != "GEX_TEST_DATA"]
    for name in [*settings, "NO_COLOR", "FORCE_COLOR", "COLORFGBG", "COLORTERM"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path_factory.mktemp("work"))

    def gex(*arguments: Any) -> Ran:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return gex


@pytest.fixture(scope="session", name="spx_csv")
def _spx_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small SPX-like chain as Cboe's quote table."""
    path = tmp_path_factory.mktemp("chains") / "spx.csv"
    write_cboe_csv(generate("SPX", seed=3, size="small"), path)
    return path


@pytest.fixture(scope="session", name="qqq_csv")
def _qqq_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small QQQ-like chain as Cboe's quote table."""
    path = tmp_path_factory.mktemp("chains") / "qqq.csv"
    write_cboe_csv(generate("QQQ", seed=4, size="small"), path)
    return path
