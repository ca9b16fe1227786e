"""Plain words as sentences."""


def sentence(text: str) -> str:
    """Return a phrase as a sentence: a capital first, a full stop last."""
    return text[:1].upper() + text[1:].rstrip(".") + "."
