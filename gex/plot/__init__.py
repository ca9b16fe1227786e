"""Pictures of an analysis: text and bytes, no file; `Analysis.plot` and `gex chart` give them out."""
