"""Which actions move money, who may carry them out, and which doors call them: read from the code."""

import ast
import functools
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.test_tidy import functions, is_action, trees

APPS = ("payments", "orders", "companies", "assurance", "messaging", "evidence", "catalog")
POSTS = "post"


class Moves:
    """`actions`: those of payments that post to the ledger, themselves or through what they call there."""

    def __init__(self) -> None:
        self._calls: dict[str, set[str]] = defaultdict(set)
        self._actions: set[str] = set()
        for _path, tree in trees("payments/actions"):
            for function in functions(tree):
                self._calls[function.name] |= set(_names_in(function))
                if is_action(function):
                    self._actions.add(function.name)
        moving = {POSTS}
        while new := {name for name, called in self._calls.items() if called & moving} - moving:
            moving |= new
        self.actions = self._actions & moving

    def policies_of(self, action: str) -> set[str]:
        """The names of the checks of who may, that an action makes on its way."""
        seen, waiting = {action}, [action]
        while waiting:
            for name in self._calls.get(waiting.pop(), set()) - seen:
                seen.add(name)
                waiting.append(name)
        return {name for name in seen if name.startswith(("check_may", "check_platform", "check_treasurer"))}

    def doors_of(self, action: str) -> set[str]:
        """The modules outside the actions of payments that name it."""
        return {_module(path) for path, names in _names_by_module().items() if action in names}


@functools.cache
def _names_by_module() -> dict[Path, set[str]]:
    found = {}
    for path, tree in trees(*APPS):
        if path.parts[:2] != ("payments", "actions"):
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            found[path] = names | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return found


def _names_in(function: ast.FunctionDef) -> Iterator[str]:
    """Whatever is named: a function handed on is called by somebody else."""
    return (node.id for node in ast.walk(function) if isinstance(node, ast.Name))


def _module(path: Path) -> str:
    return str(path.with_suffix("")).replace("/", ".")
