"""The doors of statements: the admin's upload and desk, the API, and the folder. Treasurers only, with both factors."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from companies.models import User
from payments.models import BankLine, Escrow, Payment, Refund, StatementFile
from payments.tasks import import_statements
from tests.admin.test_admin import with_both_factors
from tests.api.client import fresh_key
from tests.payments.bank.files import Row, mt940
from tests.payments.bank.steps import bring, follow_hints, item, money
from tests.payments.bank.transfers import IBAN
from tests.payments.steps import DEPOSIT, state_of

pytestmark = pytest.mark.django_db
UPLOAD, API = "/admin/payments/statementfile/upload/", "/api/v1/bank-statements/"


@pytest.fixture
def office(treasurer: User) -> Client:
    return with_both_factors(treasurer)


def file_of(content: bytes, name: str = "march.sta") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def confirm_as(other: User) -> None:
    """Another treasurer says that the only file is as the bank shows it."""
    page = reverse("admin:payments_statementfile_confirm", args=[StatementFile.objects.get().pk])
    assert with_both_factors(other).post(page, {"why": "as the bank shows it"}).status_code == 302


# --- the admin --------------------------------------------------------------------------------------------------------
def test_a_treasurer_uploads_a_file_and_reads_what_became_of_each_line(
    office: Client, second: User, waiting: Payment, escrow: Escrow
) -> None:
    rows = [Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"]), Row(amount_minor=5, name="<b>X</b>")]
    answer = office.post(UPLOAD, {"file": file_of(mt940(rows))})
    file = StatementFile.objects.get()
    page = reverse("admin:payments_statementfile_change", args=[file.pk])
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert office.get(page).headers["Refresh"] == "3"
    assert import_statements() == 1
    assert money(escrow)["held"] == 0
    confirm_as(second)
    assert import_statements() == 1
    follow_hints()
    shown = office.get(page)
    words = shown.content.decode()
    assert "Refresh" not in shown.headers
    assert "the reference of TA-2026-000123 stands in the text" in words
    assert "names no order, and nobody waits for this amount" in words
    assert "&lt;b&gt;X&lt;/b&gt;" in words and "<b>X</b>" not in words
    assert "names no order" not in office.get(page, {"outcome": "ALLOCATED"}).content.decode()
    assert money(escrow)["held"] == DEPOSIT
    assert office.post(UPLOAD, {"file": file_of(mt940(rows))}).headers["Location"] == page
    assert file.uploaded_by is not None and file.door == "admin"


def test_a_quarantined_file_says_where_and_why(office: Client) -> None:
    office.post(UPLOAD, {"file": file_of(mt940([Row(amount_minor=5)]).replace(b"0,05\r\n-", b"0,06\r\n-"))})
    import_statements()
    page = office.get(reverse("admin:payments_statementfile_change", args=[StatementFile.objects.get().pk]))
    words = page.content.decode()
    assert "Quarantined: nothing of this file is booked" in words and "Line 7" in words
    assert office.get(reverse("admin:payments_statementfile_changelist")).status_code == 200


def test_an_empty_upload_says_so_beside_the_field(office: Client) -> None:
    answer = office.post(UPLOAD, {"file": file_of(b"")})
    assert answer.status_code == 422 and "This file is empty." in answer.content.decode()


def test_the_desk_matches_after_showing_what_it_will_do(office: Client, waiting: Payment, escrow: Escrow) -> None:
    bring([Row(amount_minor=DEPOSIT, name="A Stranger Ltd", text="thanks")])
    page = reverse("admin:payments_suspenseitem_change", args=[item().pk])
    assert "A Stranger Ltd" in office.get(reverse("admin:payments_suspenseitem_changelist")).content.decode()
    assert "Lakeside" in office.get(page).content.decode()
    asked = {f"amount_{waiting.pk}": "750.00", "why": "the buyer's slip"}
    shown = office.post(page, asked)
    assert state_of(item()) == "OPEN" and "This will be booked" in shown.content.decode()
    done = office.post(page, asked | {"checked": shown.context["checked"]})
    assert done.status_code == 302 and state_of(item()) == "MATCHED"
    follow_hints()
    assert money(escrow)["held"] == DEPOSIT
    assert office.get(page).status_code == 200


@pytest.mark.parametrize(
    ("amount", "why", "words"),
    [("749.99", "x", "must add up"), ("750.00", "", "required"), ("7x", "x", "Write the amount in digits")],
)
def test_the_desk_keeps_what_was_typed_and_says_what_is_wrong(
    office: Client, waiting: Payment, amount: str, why: str, words: str
) -> None:
    bring([Row(amount_minor=DEPOSIT, name="A Stranger Ltd")])
    page = reverse("admin:payments_suspenseitem_change", args=[item().pk])
    answer = office.post(page, {f"amount_{waiting.pk}": amount, "why": why})
    assert answer.status_code == 422 and words in answer.content.decode() and amount in answer.content.decode()
    assert state_of(item()) == "OPEN"


def test_the_desk_finds_an_order_by_its_number(office: Client, waiting: Payment) -> None:
    bring([Row(amount_minor=5, name="A Stranger Ltd")])
    page = reverse("admin:payments_suspenseitem_change", args=[item().pk])
    assert waiting.reference not in office.get(page).content.decode()
    assert waiting.reference in office.get(page, {"find": "ta-2026-000123"}).content.decode()


def test_the_desk_sends_back_with_a_reason(office: Client) -> None:
    bring([Row(amount_minor=DEPOSIT, name="A Stranger Ltd", account=IBAN)])
    button = reverse("admin:payments_suspenseitem_send_back", args=[item().pk])
    assert office.get(button).status_code == 200
    assert office.post(button, {"why": ""}).status_code == 422
    assert office.post(button, {"why": "not for us"}).status_code == 302
    assert Refund.objects.get().item == item()
    assert office.get(reverse("admin:payments_refund_changelist")).status_code == 200
    assert office.get(reverse("admin:payments_refund_change", args=[Refund.objects.get().pk])).status_code == 200


@pytest.mark.parametrize("who", ["verifier", "arbiter"])
def test_other_staff_see_none_of_it(request: pytest.FixtureRequest, who: str) -> None:
    bring([Row(amount_minor=DEPOSIT, name="A Stranger Ltd")])
    client, pk = with_both_factors(request.getfixturevalue(who)), item().pk
    pages = [
        UPLOAD,
        reverse("admin:payments_statementfile_change", args=[StatementFile.objects.get().pk]),
        reverse("admin:payments_suspenseitem_change", args=[pk]),
        reverse("admin:payments_suspenseitem_send_back", args=[pk]),
        reverse("admin:payments_suspenseitem_ours", args=[pk]),
        reverse("admin:payments_suspenseitem_settlement", args=[pk]),
        reverse("admin:payments_suspenseitem_send_to", args=[pk]),
        *(
            reverse(f"admin:payments_suspenseitem_{name}", args=[pk, 1])
            for name in ("transfer", "debt", "confirm", "withdraw", "settlement_less")
        ),
    ]
    assert [client.get(page).status_code for page in pages] == [403] * 12
    assert client.post(pages[3], {"why": "x"}).status_code == 403
    assert client.post(UPLOAD, {"file": file_of(mt940([Row(amount_minor=9)]))}).status_code == 403
    assert client.get(API).status_code == 404
    assert StatementFile.objects.count() == 1 and state_of(item()) == "OPEN"


# --- the API ----------------------------------------------------------------------------------------------------------
def send(client: Client, content: bytes, key: str = "") -> Any:
    return client.post(API, {"file": file_of(content)}, headers={"Idempotency-Key": key or fresh_key()})


def test_a_program_of_staff_sends_a_file_and_follows_it(office: Client, second: User, waiting: Payment) -> None:
    content = mt940([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"]), Row(amount_minor=5, name="X")])
    key = fresh_key()
    first = send(office, content, key)
    assert (first.status_code, first.json()["state"]) == (202, "RECEIVED")
    assert send(office, content, key).headers["Idempotency-Replayed"] == "true"
    assert send(office, content).status_code == 200
    assert send(office, b"another", key).status_code == 422
    import_statements()
    one = f"{API}{first.json()['reference']}/"
    assert office.get(one).json()["file"]["state"] == "UNCONFIRMED"
    confirm_as(second)
    import_statements()
    result = office.get(one).json()
    assert (result["file"]["state"], result["file"]["lines_booked"]) == ("BOOKED", 2)
    assert [(row["outcome"], row["lines"], row["amount"]["amount_minor"]) for row in result["outcomes"]] == [
        ("ALLOCATED", 1, DEPOSIT),
        ("SUSPENSE", 1, 5),
    ]
    lines = office.get(f"{one}lines/", {"limit": 1}).json()
    assert (lines["results"][0]["outcome"], lines["next_cursor"]) == ("ALLOCATED", 1)
    rest = office.get(f"{one}lines/", {"cursor": 1}).json()
    assert ([row["place"] for row in rest["results"]], rest["next_cursor"]) == ([2], None)
    assert [row["reference"] for row in office.get(API).json()["results"]] == [first.json()["reference"]]
    assert StatementFile.objects.get().door == "api"


def test_a_file_that_is_missing_or_empty_is_refused(office: Client) -> None:
    nothing = office.post(API, {}, headers={"Idempotency-Key": fresh_key()})
    assert (nothing.status_code, nothing.json()["code"]) == (422, "invalid")
    assert send(office, b"").status_code == 422
    assert office.get(f"{API}stm_none/").status_code == 404
    assert office.get(f"{API}stm_none/lines/", {"cursor": "x"}).status_code in (404, 422)


@pytest.mark.parametrize("who", ["buyer_owner", "treasurer", "nobody"])
def test_without_both_factors_or_staff_the_api_has_no_such_address(
    request: pytest.FixtureRequest, buyer_owner: User, treasurer: User, who: str
) -> None:
    client = Client()
    if who != "nobody":
        client.force_login({"buyer_owner": buyer_owner, "treasurer": treasurer}[who])
    expected = 404 if who != "nobody" else 401
    assert (client.get(API).status_code, send(client, b"x").status_code) == (expected, expected)
    assert not StatementFile.objects.exists()


# --- the folder -------------------------------------------------------------------------------------------------------
@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / ".hidden").write_bytes(b"no")
    yield tmp_path


def test_a_folder_is_imported_and_nothing_is_moved(
    folder: Path, waiting: Payment, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.sta").write_bytes(mt940([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"])]))
    call_command("import_statements", str(folder))
    assert "a.sta: BOOKED, 1 lines: 1 Matched to a payment USD" in capsys.readouterr().out
    (folder / "b.txt").write_bytes(b"Dear bank, where is my statement?")
    (folder / "c.txt").write_bytes(b"")
    with pytest.raises(CommandError):
        call_command("import_statements", str(folder))
    told = capsys.readouterr()
    assert "a.sta: known already, BOOKED" in told.out and "b.txt: QUARANTINED" in told.out
    assert "c.txt: This file is empty." in told.err
    assert sorted(path.name for path in folder.iterdir()) == [".hidden", "a.sta", "b.txt", "c.txt"]
    assert BankLine.objects.count() == 1
    with pytest.raises(CommandError):
        call_command("import_statements", str(folder / "none"))


@pytest.mark.parametrize("place", ["suspenseitem/1/nothing", "statementfile/x", "suspenseitem/1/confirm"])
def test_a_page_that_is_not_there_says_so(office: Client, place: str) -> None:
    assert office.get(f"/admin/payments/{place}/", follow=True).status_code == 404
