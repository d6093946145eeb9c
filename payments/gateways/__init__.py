"""Clients of the world that moves money. Only `payments.exchanges` and the webhook door import them."""
