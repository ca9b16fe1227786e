"""Turn results into text for people and for machines."""
