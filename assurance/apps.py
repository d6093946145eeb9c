from importlib import import_module

from django.apps import AppConfig


class AssuranceConfig(AppConfig):
    name = "assurance"

    def ready(self) -> None:
        # Models must be loaded before actions can be named, so the wiring is read here and not at the top.
        import_module("assurance.wiring").connect_everything()
