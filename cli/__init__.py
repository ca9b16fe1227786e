"""Floor 3: the command line. Each command parses, calls and renders."""

if not __name__.startswith("gex."):
    raise ImportError(f"import gex.{__name__}, not {__name__}")
