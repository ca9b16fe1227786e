"""The command `gex`: finds the subcommand, loads it alone, and turns every failure into one line and an exit code."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gex import __version__

# Settings are known once they are declared, whichever command asks.
from gex.cli import (
    config,
    feedback_options,  # noqa: F401
    log,
    options,
    serve_options,  # noqa: F401
)
from gex.cli.failures import INTERRUPTED, exit_code, one_line
from gex.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "report": "gex.cli.report",
    "levels": "gex.cli.levels",
    "compare": "gex.cli.compare",
    "profile": "gex.cli.profile",
    "chart": "gex.cli.chart",
    "explain": "gex.cli.explain",
    "diff": "gex.cli.diff",
    "history": "gex.cli.history",
    "score": "gex.cli.score",
    "zero-dte": "gex.cli.zero_dte",
    "flows": "gex.cli.flows",
    "feedback": "gex.cli.feedback",
    "cta": "gex.cli.cta",
    "regime": "gex.cli.regime",
    "brief": "gex.cli.brief",
    "signals": "gex.cli.signals",
    "study": "gex.cli.study",
    "regress": "gex.cli.regress",
    "claims": "gex.cli.claims",
    "tape": "gex.cli.tape",
    "check": "gex.cli.check",
    "monitor": "gex.cli.monitor.command",
    "serve": "gex.cli.serve.command",
    "quality": "gex.cli.quality",
    "batch": "gex.cli.batch_command",
    "reproduce": "gex.cli.reproduce",
    "ingest": "gex.cli.ingest",
    "fetch": "gex.cli.fetch",
    "open-close": "gex.cli.open_close",
    "inventory": "gex.cli.inventory",
    "store": "gex.cli.store",
    "sample": "gex.cli.sample",
    "formats": "gex.cli.formats",
    "selftest": "gex.cli.selftest",
    "config": "gex.cli.config_show",
}
NESTED = ("list", "show", "verify", "compact", "export")


class Root(LazyGroup):
    """All commands."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader who closed the pipe has seen enough."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Python flushes stdout once more at exit: give it somewhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        return code


@click.group(
    cls=Root,
    modules=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="gex", message="%(prog)s %(version)s")
@options.logging_options
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Gamma exposure of index options: levels, profile and hedging flow from a chain file.

    \b
    gex sample --to spx.csv        write a chain with known levels
    gex report spx.csv             read the levels off it
    """  # noqa: D301 (\b is click's mark for a block kept as it is)
    found = config.load(options.SETTINGS)
    ctx.obj = found
    # One flat list of settings serves all commands, nested ones too.
    ctx.default_map = {name: found.values | dict.fromkeys(NESTED, found.values) for name in COMMANDS}


def run(arguments: Sequence[str] | None = None) -> int:
    """Run `gex` with these arguments (the process's own if None) and return the exit code.

    0 done, 1 failure, 2 usage, 3 unreadable or bad data, 4 partial, 5 limit breached, 6 data stale or missing, 130
    interrupted.
    """
    log.configure()
    try:
        code = cli.main(args=arguments, prog_name="gex", standalone_mode=False)
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        hint = f"; see {error.ctx.command_path} --help" if isinstance(error, click.UsageError) and error.ctx else ""
        log.LOGGER.error("%s%s", " ".join(error.format_message().split()).removesuffix("."), hint)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 (the reader gets one line, not a traceback)
        log.LOGGER.error("%s", one_line(error), exc_info=error)
        return exit_code(error)
    return code if isinstance(code, int) else 0


def main() -> NoReturn:
    """Run `gex` as a process."""
    # A short life makes little garbage: looking for it while NumPy and Polars load would take a tenth of the time.
    gc.set_threshold(100_000, 50, 100)
    for stream in (sys.stdout, sys.stderr):
        # A terminal without a character shows `?` rather than losing the report.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    code = run()
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    logging.shutdown()
    # Every output is written and closed; taking NumPy and Polars apart object by object would take a tenth of the time.
    os._exit(code)


if __name__ == "__main__":
    main()
