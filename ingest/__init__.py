"""Floor 1: files and feeds become one validated chain table."""

if not __name__.startswith("gex."):
    raise ImportError(f"import gex.{__name__}, not {__name__}")
