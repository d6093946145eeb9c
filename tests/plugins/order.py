"""The longest tests begin first, spread over the processes: none of them is left for the end, when the others idle."""

from itertools import groupby

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each process of xdist begins with its part of the list as it stands, in equal parts."""
    count = getattr(config, "workerinput", {}).get("workercount", 1)
    slow = sorted((item for item in items if item.get_closest_marker("slow")), key=lambda item: str(item.path))
    rest = [item for item in items if not item.get_closest_marker("slow")]
    modules = [list(group) for _module, group in groupby(slow, lambda item: item.path)]
    size = -(-len(items) // count)
    items[:] = []
    for number in range(count):
        own = [item for module in modules[number::count] for item in module]
        wanted = size - len(own)
        items += own + rest[:wanted]
        rest = rest[wanted:]
    items += rest
