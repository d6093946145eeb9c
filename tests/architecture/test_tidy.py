"""The code itself is tested: sizes, names, and the shape of actions."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "core",
    "companies",
    "messaging",
    "catalog",
    "evidence",
    "payments",
    "orders",
    "disputes",
    "assurance",
    "services",
    "sandbox",
    "benchmarks",
)
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "util", "helper"}
MOST_LINES = 400
MOST_FUNCTION_LINES = 70


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders or (*PACKAGES, "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def trees(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in python_files(*folders):
        yield path.relative_to(ROOT), tree_of(path)


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def is_action(function: ast.FunctionDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "action" for mark in function.decorator_list)


def all_actions() -> list[tuple[Path, ast.FunctionDef]]:
    return [(path, f) for path, tree in trees(*PACKAGES) for f in functions(tree) if is_action(f)]


def test_no_file_is_over_400_lines() -> None:
    sizes = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in python_files()}
    assert len(sizes) > 50
    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}


def test_no_function_is_over_70_lines() -> None:
    sizes = {
        f"{path}:{f.name}": (f.end_lineno or f.lineno) - f.lineno + 1 for path, tree in trees() for f in functions(tree)
    }
    assert {name: size for name, size in sizes.items() if size > MOST_FUNCTION_LINES} == {}


def test_names_of_modules_say_why_they_exist() -> None:
    assert [str(p) for p in python_files() if p.stem in FORBIDDEN_NAMES or p.parent.name in FORBIDDEN_NAMES] == []


def test_there_are_actions() -> None:
    assert len(all_actions()) > 30


@pytest.mark.parametrize(("path", "function"), all_actions(), ids=lambda value: getattr(value, "name", None))
def test_actions_are_keyword_only_timed_and_documented(path: Path, function: ast.FunctionDef) -> None:
    arguments = function.args
    assert not arguments.args and not arguments.posonlyargs, f"{path}: {function.name} takes positional arguments"
    assert ast.get_docstring(function), f"{path}: {function.name} has no docstring"


def test_nobody_saves_outside_actions() -> None:
    allowed = {
        "demo",
        "actions",
        "models",
        "exchanges",
        "states.py",
        "events.py",
        "deadlines.py",
        "sandbox",
        "sandbox_clock.py",
    }
    found = []
    for path, tree in trees("companies", "messaging", "catalog", "evidence", "payments", "orders", "assurance"):
        if set(path.parts) & allowed or path.name == "actions.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "save":
                found.append(f"{path}:{node.lineno}")
    assert found == []
