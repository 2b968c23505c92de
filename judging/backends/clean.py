"""Text from elsewhere, made fit for a database."""


def clean(text: str) -> str:
    """The text without NUL and without halves of characters, neither of which PostgreSQL takes."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()
