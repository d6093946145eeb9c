from tests.payments.exchanges.fixtures import agreement, control, deal, impatient, mark, quick_people

__all__ = ["agreement", "control", "deal", "impatient", "mark", "quick_people"]
