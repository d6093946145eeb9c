from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    deleted_models = ("idempotencyrecord",)
    """Models whose rows the code deletes; the web role may delete no other rows of this app (`core.database_roles`)."""
