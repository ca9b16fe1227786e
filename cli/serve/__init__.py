"""`gex serve`: a local site over a store, read only."""
