"""Settings kept in files: `./gex.toml` before the user's own, both below flags and `GEX_*`."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class Config:
    """The values found in configuration files, and the file each one came from."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Path] = field(default_factory=dict)


def user_file() -> Path:
    """Return where this platform keeps the user's settings for `gex`."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "gex" / "config.toml"


def state_folder() -> Path:
    """Return where this platform keeps what `gex` must remember from one run to the next."""
    if sys.platform in {"win32", "darwin"}:
        return user_file().parent
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "gex"


def load(known: Collection[str]) -> Config:
    """Read the user's file, then `./gex.toml` over it.

    Args:
        known: The names of the settings a file may hold.

    Raises:
        click.UsageError: A file is not TOML or holds a name that is no setting.

    """
    config = Config()
    for path in (user_file(), Path("gex.toml")):
        if path.is_file():
            for name, value in _read(path, known).items():
                config.values[name] = value
                config.origins[name] = path
    return config


def _read(path: Path, known: Collection[str]) -> dict[str, Any]:
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise click.UsageError(f"{path}: {error}; correct or remove the file") from error
    settings = {name.replace("-", "_"): value for name, value in table.items()}
    for name in settings:
        if name not in known:
            raise click.UsageError(f"{path}: no setting is called {name!r}; `gex config show` lists them")
    return settings
