"""Run every example of a Markdown file: `$ ` lines of console blocks, and Python blocks in one process each."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

# `make` targets and the placeholder for the reader's own file are run by their own steps.
SKIPPED = ("make ", ".venv/bin/gex report spx_quotedata.csv")


def examples(text: str) -> list[list[str]]:
    """Return the commands of a Markdown text, in its order."""
    commands = []
    for language, body in re.findall(r"^```(\w+)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        if language == "python":
            commands.append([sys.executable, "-W", "error", "-c", body])
        if language == "console":
            lines = [line[2:] for line in body.splitlines() if line.startswith("$ ")]
            commands += [["sh", "-c", line] for line in lines if not line.startswith(SKIPPED)]
    return commands


def main() -> int:
    """Run the examples of the files named; stop at the first that fails."""
    count = 0
    for name in sys.argv[1:]:
        for command in examples(Path(name).read_text()):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            count += 1
            if done.returncode:
                print(f"{name}: {command[-1]}\nexit {done.returncode}\n{done.stderr}", file=sys.stderr)
                return 1
    print(f"{count} examples ran")
    return 0 if count else 1


if __name__ == "__main__":
    sys.exit(main())
