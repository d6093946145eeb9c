"""Who hears which event, and what silence does: the one page that shows both. News runs up, as rows."""


def connect_everything() -> None:
    connect_events()
    connect_deadlines()


def connect_events() -> None:
    pass


def connect_deadlines() -> None:
    pass
