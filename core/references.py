"""Public references: a type prefix and 20 random base32 characters. Primary keys never leave the system."""

import secrets

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_reference(prefix: str) -> str:
    """For example 'ord_k3m...': 100 bits, unguessable."""
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(20))
