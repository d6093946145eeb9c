"""How many documents a folder takes, of each company on its own."""

from datetime import timedelta

import pytest

from core.errors import Invalid
from evidence import actions
from evidence.actions import FolderFull, TooManyGivenUp, begin_upload, withdraw_upload
from evidence.models import MAX_DOCUMENTS, MAX_OF_A_COMPANY, Document
from tests.cast import NOW
from tests.evidence.files import PDF, claim

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    monkeypatch.setattr(actions, "MAX_OF_A_COMPANY", 2)
    monkeypatch.setattr(actions, "MAX_GIVEN_UP", 3)


@pytest.fixture
def begin_one(folder, seller):
    def begin_one_(name: str, by=seller, at=NOW, **changes) -> Document:
        return begin_upload(folder_id=folder.pk, by=by, at=at, **claim(PDF, name, **changes))

    return begin_one_


def test_both_sides_of_a_folder_fit_into_its_list() -> None:
    assert MAX_DOCUMENTS == 2 * MAX_OF_A_COMPANY == 300


def test_a_buyer_who_fills_the_folder_does_not_keep_the_seller_out(begin_one, buyer) -> None:
    begin_one("1.pdf", buyer)
    begin_one("2.pdf", buyer)
    with pytest.raises(FolderFull):
        begin_one("3.pdf", buyer)
    assert begin_one("1.pdf").state == "UPLOADING"
    assert begin_one("2.pdf").state == "UPLOADING"
    with pytest.raises(FolderFull):
        begin_one("3.pdf")


def test_what_was_given_up_takes_no_room_but_can_not_go_on_for_ever(begin_one, seller, buyer) -> None:
    for number in range(3):
        withdraw_upload(document_id=begin_one(f"{number}.pdf").pk, by=seller, at=NOW)
    with pytest.raises(TooManyGivenUp):
        begin_one("next.pdf")
    assert begin_one("next.pdf", buyer).state == "UPLOADING"
    tomorrow = NOW + timedelta(days=1)
    assert begin_one("1.pdf", at=tomorrow).state == "UPLOADING"
    assert begin_one("2.pdf", at=tomorrow).state == "UPLOADING"


def test_the_same_content_of_another_size_is_refused_beside_the_size(begin_one) -> None:
    known = begin_one("a.pdf")
    with pytest.raises(Invalid) as refused:
        begin_one("a.pdf", size_bytes=len(PDF) + 1)
    assert list(refused.value.fields) == ["size_bytes"]
    assert begin_one("a.pdf").pk == known.pk
