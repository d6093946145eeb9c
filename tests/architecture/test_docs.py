"""What the documents say about the project is true: files, headings, make targets, settings, alarms."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_tidy import trees

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LARGEST_PICTURE_BYTES = 200_000
APPS = ("core", "companies", "messaging", "catalog", "evidence", "payments", "orders", "assurance")


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual readers of Markdown make them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in LINK.findall(prose(page)):
            if not target.startswith(("http://", "https://")):
                yield page, target


@pytest.mark.parametrize(("document", "target"), list(links()), ids=lambda value: getattr(value, "name", value))
def test_link_leads_somewhere(document: Path, target: str) -> None:
    path, _hash, anchor = target.partition("#")
    found = (document.parent / path).resolve() if path else document
    assert found.exists(), f"{document.name} links to {target}"
    if anchor:
        assert anchor in anchors(found), f"{document.name} links to {target}, which has no such heading"


def test_there_are_links_to_look_at() -> None:
    assert len(list(links())) > 50


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(LINK.findall((folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in folder.glob("*.md")} - {"README.md"}


def test_pictures_are_small() -> None:
    pictures = list((ROOT / "docs" / "images").iterdir())
    assert pictures
    assert {picture.name for picture in pictures if picture.stat().st_size >= LARGEST_PICTURE_BYTES} == set()


def test_documents_name_only_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8"))}
    assert {"run", "test"} <= named
    assert named - targets == set()


def first_columns(page: Path, header: str) -> set[str]:
    """The names in backquotes in the first column of every table that begins with `header`."""
    found: set[str] = set()
    for table in re.findall(rf"^\| {header} \|.*\n\|[-|: ]+\n((?:\|.*\n)+)", page.read_text("utf-8"), re.MULTILINE):
        for row in table.splitlines():
            found |= set(re.findall(r"`([^`]+)`", row.split("|")[1]))
    return found


def names_read_by_settings() -> set[str]:
    """The variables that `env.<type>("NAME")` and `required("NAME")` ask for."""
    tree = ast.parse((ROOT / "assurance" / "settings.py").read_text(encoding="utf-8"))
    found = set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
        asked = call.func
        by_env = isinstance(asked, ast.Attribute) and isinstance(asked.value, ast.Name) and asked.value.id == "env"
        by_required = isinstance(asked, ast.Name) and asked.id == "required"
        name = call.args[0]
        if (by_env or by_required) and isinstance(name, ast.Constant):
            found.add(name.value)
    return found


def test_operations_lists_every_variable_that_is_read() -> None:
    listed = first_columns(ROOT / "docs" / "operations.md", "variable")
    read = names_read_by_settings()
    assert len(read) > 20
    assert read - listed == set(), "read by settings.py, not in operations.md"
    elsewhere = "".join(
        path.read_text("utf-8") for folder in ("services", "tests/plugins") for path in (ROOT / folder).glob("*.py")
    )
    assert {name for name in listed - read if f'"{name}"' not in elsewhere} == set(), "listed, and read by nobody"


def constants() -> dict[str, str]:
    """NAME -> text, of every constant at the top of a module."""
    return {
        target.id: node.value.value
        for _path, tree in trees("core", "messaging", "evidence", "payments")
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def raisers(tree: ast.Module) -> set[str]:
    """`raise_alarm`, and the functions of this module that hand their first argument on to it as the kind."""
    found = {"raise_alarm"}
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.args.args):
        kinds = {getattr(call.args[0], "id", "") for call in calls(function, {"raise_alarm"})}
        if function.args.args[0].arg in kinds:
            found.add(function.name)
    return found


def calls(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def kinds_of_alarms() -> set[str]:
    known, found = constants(), set()
    for _path, tree in trees(*APPS):
        handed_on = {
            function.args.args[0].arg
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef) and function.name in raisers(tree)
        }
        for call in calls(tree, raisers(tree)):
            kind = call.args[0]
            if isinstance(kind, ast.Constant):
                found.add(kind.value)
            elif getattr(kind, "id", "") not in handed_on:
                found.add(known[getattr(kind, "id", "?")])
    return found


def test_operations_says_what_to_do_about_every_alarm() -> None:
    kinds = kinds_of_alarms()
    assert len(kinds) > 10
    assert first_columns(ROOT / "docs" / "operations.md", "alarm") == kinds


def test_the_lock_order_names_functions_that_exist() -> None:
    page = prose(ROOT / "docs" / "architecture.md")
    named = re.findall(r"`(orders|payments)\.(locks|ledger)\.(\w+)`", page)
    assert len(named) > 5
    for app, module, function in named:
        assert f"def {function}(" in (ROOT / app / f"{module}.py").read_text(encoding="utf-8")
