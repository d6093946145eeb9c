"""What docs/statement-files.md says is so."""

import ast
import re
from pathlib import Path

import payments.actions
import payments.statements
from payments.statements.refusals import WORDS, unreadable
from payments.statements.rows import MARKS, OPTIONAL, REQUIRED
from tests.payments.statements.reading import parts_of

PAGE = (Path(__file__).parents[3] / "docs" / "statement-files.md").read_text(encoding="utf-8")
ACTIONS = Path(payments.actions.__file__).parent
READERS = sorted(Path(payments.statements.__file__).parent.glob("*.py"))


def first_cells(heading: str) -> set[str]:
    rows = re.findall(r"^\| (`.*?) \|", PAGE.partition(heading)[2].partition("\n## ")[0], re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def codes_raised() -> set[str]:
    """First arguments of `unreadable(...)` in the readers, both branches of a choice."""
    calls = [
        node.args[0]
        for path in READERS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "unreadable"
    ]
    chosen = [part for call in calls for part in ([call.body, call.orelse] if isinstance(call, ast.IfExp) else [call])]
    return {part.value for part in chosen if isinstance(part, ast.Constant)}


def test_every_code_is_raised_and_documented() -> None:
    assert first_cells("## Why a file is refused") == set(WORDS) == codes_raised()


def test_what_the_books_refuse_is_documented() -> None:
    sources = [path.read_text(encoding="utf-8") for path in ACTIONS.glob("statement*.py")]
    text = "\n".join(sources)
    raised = set(re.findall(r'Unreadable\(\s*"(\w+)"', text))
    named = raised | set(re.findall(r'^[A-Z_]+ = "(\w+)"$', text, re.MULTILINE))
    documented = first_cells("## Why a file that can be read is quarantined")
    assert {"other_lines", "refused_by_staff", "not_our_account"} <= documented <= named
    assert raised <= documented | set(WORDS)


def test_every_column_is_documented() -> None:
    assert first_cells("## CSV") == {*REQUIRED, *OPTIONAL, *MARKS}


def test_the_example_is_read() -> None:
    example = PAGE.partition("```\n")[2].partition("```")[0]
    assert len(parts_of(example)) == 4


def test_words_are_whole_and_name_the_line() -> None:
    for code in WORDS:
        found = unreadable(code, 7, found="a\x00b", currency="USD", computed="1", stated="2", most=3)
        assert found.words.startswith("Line 7: ") and found.words.endswith(".") and "%(" not in found.words
        assert "\x00" not in found.words and found.at_line == 7 and found.code == code
