"""The statements of an account are one chain: from each balance where one ends, only one other goes on."""

from django.db.models import Case, F, Q, QuerySet, Sum, When

from payments.models import BankLine, BankStatement, Direction
from payments.statements.lines import Unreadable

OTHER_LINES = "other_lines"
OUT_OF_ORDER = "out_of_order"


def goes_on_from(statement: BankStatement) -> int | None:
    """The balance that the new lines of a statement go on from; None when it has none. Its lines are stored.

    Raises Unreadable: an earlier file went on from there with other lines (the same statement told otherwise, or a
    forged one), or its lines are counted as those of the statement that comes after it.
    """
    lines = BankLine.objects.filter(statement_id=statement.pk)
    if not lines.filter(repeats__isnull=True).exists():
        _check_repeats_are_known_there(statement)
        return None
    signed = Case(When(direction=Direction.IN, then=F("amount_minor")), default=-F("amount_minor"))
    known_minor = lines.filter(repeats__isnull=False).aggregate(total=Sum(signed))["total"] or 0
    start_minor = statement.opening_minor + int(known_minor)
    if not _may_go_on(statement, start_minor):
        words = (
            f"an earlier file has other lines from the balance of {start_minor} {statement.currency} (minor units) on:"
            " this is that statement told in other words, or one of the two is not the bank's"
        )
        raise Unreadable(OTHER_LINES, words)
    return start_minor


def _others(statement: BankStatement) -> QuerySet[BankStatement]:
    """Those of the account that brought lines of their own."""
    rows = BankStatement.objects.filter(account=statement.account, currency=statement.currency)
    return rows.filter(goes_on_from_minor__isnull=False)


def _may_go_on(statement: BankStatement, start_minor: int) -> bool:
    """Each time that the chain comes to a balance, it goes on from there once. What begins somewhere new leaves a gap.

    The chain may have begun at this balance, or after a gap, with nothing known before it.
    """
    others = _others(statement)
    starts = sorted(others.filter(goes_on_from_minor=start_minor).values_list("opened_on", "pk"))
    ends = sorted(others.filter(closing_minor=start_minor).values_list("closed_on", "pk"))
    if not starts:
        return True
    began_here = not ends or starts[0] < ends[0]
    return len(starts) < len(ends) + began_here


def _check_repeats_are_known_there(statement: BankStatement) -> None:
    """Equal lines without a bank's reference look alike: a statement that ends where the chain begins isn't in it."""
    others, opening_minor = _others(statement), statement.opening_minor
    if not others.filter(goes_on_from_minor=statement.closing_minor).exists():
        return
    known_here = Q(closing_minor__in=(statement.closing_minor, opening_minor)) | Q(goes_on_from_minor=opening_minor)
    if not others.filter(known_here | Q(opening_minor=opening_minor)).exists():
        words = "its lines look like those of the statement after it, which came first: statements must come in order"
        raise Unreadable(OUT_OF_ORDER, words)
