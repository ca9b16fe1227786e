"""`gex config show`: every setting, its value, and where it came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from gex.cli import options
from gex.cli.config import user_file

if TYPE_CHECKING:
    from gex.cli.config import Config


@click.group("config")
def command() -> None:
    """Show the settings in force."""


def show(form: str, **values: Any) -> None:
    """List each setting, its value, and where it came from: flag, GEX_*, ./gex.toml, your own file, default."""
    ctx = click.get_current_context()
    given = {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
    rows = [(name, given[name], _origin(ctx, name)) for name in sorted(options.SETTINGS)]
    if form == "json":
        from gex.cli.render.document import dumps

        click.echo(dumps({name: {"value": value, "origin": origin} for name, value, origin in rows}))
        return
    from gex.cli.render.terminal import aligned

    shown = [
        (name.replace("_", "-"), "-" if value in {None, ()} else str(value), origin) for name, value, origin in rows
    ]
    click.echo("\n".join(aligned([("SETTING", "VALUE", "ORIGIN"), *shown], "<<<")))
    click.echo(f"\nfiles: ./gex.toml, then {user_file()}")


def _origin(ctx: click.Context, name: str) -> str:
    """Return where a setting's value came from."""
    config: Config = ctx.obj
    match ctx.get_parameter_source(name):
        case ParameterSource.COMMANDLINE:
            return "flag"
        case ParameterSource.ENVIRONMENT:
            return f"GEX_{name.upper()}"
        case ParameterSource.DEFAULT_MAP:
            return str(config.origins[name])
        case _:
            return "default"


command.add_command(
    click.Command(
        "show",
        callback=show,
        help=show.__doc__,
        params=[
            click.Option(
                ["--format", "form"], type=click.Choice(["table", "json"]), default="table", help="Form of the list."
            ),
            *(options.SETTINGS[name] for name in sorted(options.SETTINGS)),  # whatever was imported first
        ],
    )
)
