"""The page of one snapshot: for `gex report --html` and `gex serve`."""
