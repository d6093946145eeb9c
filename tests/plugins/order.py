"""The longest tests begin before the other tests of their kind, spread over the processes: none is left for the end.

Tests within one transaction come before those that commit, as pytest-django wants it: news of a gateway that comes late
may leave rows behind.
"""

import gc
from itertools import groupby

import pytest

COMMITTING = {"transactional_db", "live_server"}


def commits(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("django_db")
    return bool(mark and mark.kwargs.get("transaction")) or bool(COMMITTING & set(getattr(item, "fixturenames", ())))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each process of xdist begins with its part of the list as it stands, in equal parts."""
    count = getattr(config, "workerinput", {}).get("workercount", 1)
    slow = sorted((item for item in items if item.get_closest_marker("slow")), key=lambda item: str(item.path))
    rest = [item for item in items if not item.get_closest_marker("slow")]
    first, last = [item for item in rest if not commits(item)], [item for item in rest if commits(item)]
    modules = [list(group) for _module, group in groupby(slow, lambda item: item.path)]
    size, share = -(-len(items) // count), -(-len(first) // count)
    items[:] = []
    for number in range(count):
        own = first[number * share : (number + 1) * share]
        own += [item for module in modules[number::count] for item in module]
        wanted = max(size - len(own), 0)
        items += own + last[:wanted]
        last = last[wanted:]
    items += last


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What stands now stays: the collector need not walk through thousands of tests again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
