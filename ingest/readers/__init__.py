"""One file per format; `registry` finds the one that recognises a file's content."""
