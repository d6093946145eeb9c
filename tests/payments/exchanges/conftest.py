from tests.payments.exchanges.fixtures import agreement, control, deal, mark, quick_people

__all__ = ["agreement", "control", "deal", "mark", "quick_people"]
