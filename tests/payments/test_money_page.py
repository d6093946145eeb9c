"""From all the money down to a transfer: what staff see is what the accounts hold."""

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from payments.actions.closing import keep_figures
from payments.figures import bookings_of, figures_now, history, suspense_by_age
from payments.models import Account, DailyFigure
from payments.models.account_codes import held
from payments.queries import balance_minor
from tests.admin.test_admin import with_both_factors
from tests.cast import NOW
from tests.payments.steps import release_all

pytestmark = pytest.mark.django_db


def as_pairs():
    return {(figure.kind, figure.currency): (figure.total_minor, figure.accounts) for figure in figures_now()}


def test_figures_are_the_sums_of_the_accounts(partly_funded_escrow, funded_escrow):
    assert as_pairs() == {("HELD", "USD"): (250_000, 1), ("CLEARING", "USD"): (250_000, 1)}
    release_all(funded_escrow)
    assert as_pairs() == {
        ("CLEARING", "USD"): (250_000, 1),
        ("PAYABLE", "USD"): (245_000, 1),
        ("FEES", "USD"): (5_000, 1),
    }


def test_a_night_keeps_the_figures_of_its_day_once(funded_escrow):
    today = clock.wall().date()
    keep_figures(day=today)
    release_all(funded_escrow)
    keep_figures(day=today)
    rows = {row.kind: row.total_minor for row in DailyFigure.objects.all()}
    assert rows == {"HELD": 250_000, "CLEARING": 250_000}
    shown = history("USD", clock.wall().date())
    assert len(shown["days"]) == 1
    assert {one["label"]: one["values"] for one in shown["series"]}["Held"] == [250_000]


def test_bookings_of_an_account_run_newest_first_and_page_by_page(funded_escrow):
    release_all(funded_escrow)
    account = Account.objects.get(code=held(funded_escrow.pk))
    all_of_it = bookings_of(account)
    assert [row.change_minor for row in all_of_it] == [-5_000, -245_000, 175_000, 75_000]
    assert sum(row.change_minor for row in all_of_it) == balance_minor(account.code) == 0
    older = bookings_of(account, before_id=all_of_it[1].transfer.pk, most=1)
    assert [row.transfer.pk for row in older] == [all_of_it[2].transfer.pk]


def test_nothing_in_suspense_is_said_so():
    assert suspense_by_age(NOW) == []


@pytest.fixture
def desk(treasurer) -> Client:
    return with_both_factors(treasurer)


def test_staff_walk_from_a_figure_to_its_transfers(desk, funded_escrow):
    release_all(funded_escrow)
    keep_figures(day=clock.wall().date())
    page = desk.get(reverse("admin:payments_account_money"))
    assert page.status_code == 200 and "Owed to sellers" in page.text and "money-history" in page.text
    accounts = desk.get(reverse("admin:payments_account_changelist"), {"kind__exact": "PAYABLE", "currency": "USD"})
    assert accounts.status_code == 200 and f"payable:{funded_escrow.payee_id}:USD" in accounts.text
    account = Account.objects.get(code=held(funded_escrow.pk))
    transfers = desk.get(reverse("admin:payments_account_transfers", args=[account.pk]))
    assert "245,000" not in transfers.text and "2,450.00" in transfers.text and funded_escrow.title in transfers.text


def test_a_check_is_asked_for_by_post_alone(desk):
    assert desk.get(reverse("admin:payments_account_check")).status_code == 405
    assert desk.post(reverse("admin:payments_account_check")).status_code == 302


@pytest.mark.parametrize("who", ["verifier", "arbiter"])
def test_other_staff_do_not_see_the_money(request, who):
    client = with_both_factors(request.getfixturevalue(who))
    assert client.get(reverse("admin:payments_account_money")).status_code == 403
    assert client.post(reverse("admin:payments_account_check")).status_code == 403
