from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
    deleted_models = ("orderline", "requirement", "plannedinstalment")
