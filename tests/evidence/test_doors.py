"""The same actions through the page, the plain form and the API."""

import json

import pytest
import requests
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from evidence.file_types import MAX_BYTES_THROUGH_SITE
from evidence.models import Document, DocumentState, DocumentView
from tests.evidence.conftest import put
from tests.evidence.files import GIF, HTML, JPEG, PDF, claim

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def seller_client(client, seller_owner, seller) -> Client:
    client.force_login(seller_owner)
    return client


@pytest.fixture
def stranger_client(stranger) -> Client:
    other = Client()
    other.force_login(stranger)
    return other


def post(client: Client, url: str, body: object = None):
    return client.post(url, json.dumps(body or {}), content_type="application/json")


def plain(client: Client, folder, *files: SimpleUploadedFile, **more: str):
    data = {"folder": folder.reference, "kind": "bill", "next": "/products/", "file": list(files), **more}
    return client.post(reverse("document-list"), data)


def test_a_program_sends_a_document(seller_client, folder) -> None:
    said = claim(PDF, "bill.pdf", kind="bill", folder=folder.reference)
    begun = post(seller_client, "/api/v1/documents/", said)
    assert begun.status_code == 201
    here = f"/api/v1/documents/{begun.json()['reference']}/"
    assert begun.json()["state"] == "UPLOADING" and begun.json()["download_url"] is None
    assert post(seller_client, "/api/v1/documents/", said).json()["reference"] == begun.json()["reference"]

    early = post(seller_client, here + "complete/")
    assert (early.status_code, early.json()["code"]) == (409, "upload_incomplete")
    [part] = post(seller_client, here + "parts/").json()["missing"]
    put(part, PDF).raise_for_status()
    done = post(seller_client, here + "complete/").json()
    assert (done["state"], done["reason"], done["kind_label"]) == ("SEALED", "", "Invoice")
    assert seller_client.get(here).json() == done
    assert seller_client.get(f"/api/v1/documents/?folder={folder.reference}").json()["results"] == [done]

    moved = seller_client.get(done["download_url"])
    assert moved.status_code == 302 and moved["Cache-Control"] == "no-store"
    assert requests.get(moved["Location"], timeout=20).content == PDF
    assert DocumentView.objects.get().door == "api"


def test_a_program_reads_why_it_is_refused(seller_client, folder) -> None:
    for change, field in (({"size_bytes": 0}, "size_bytes"), ({"file_name": "a.gif"}, "content_type")):
        answer = post(
            seller_client, "/api/v1/documents/", claim(PDF, "bill.pdf", kind="bill", folder=folder.reference) | change
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        assert list(answer.json()["errors"]) == [field]
    assert post(seller_client, "/api/v1/documents/", {"folder": folder.reference}).status_code == 422
    assert Document.objects.count() == 0


def test_a_program_withdraws(seller_client, folder) -> None:
    begun = post(seller_client, "/api/v1/documents/", claim(PDF, "bill.pdf", kind="bill", folder=folder.reference))
    answer = post(seller_client, f"/api/v1/documents/{begun.json()['reference']}/cancel/").json()
    assert (answer["state"], answer["reason"]) == ("REJECTED", "withdrawn")


def test_strangers_find_nothing_at_any_door(send, seller_client, stranger_client, folder) -> None:
    ref = send(JPEG, "front.jpg").reference
    for path in (
        f"/documents/{ref}/",
        f"/documents/?folder={folder.reference}",
        "/documents/?folder=fol_nothing",
        f"/api/v1/documents/{ref}/",
        f"/api/v1/documents/{ref}/download/",
        f"/api/v1/documents/?folder={folder.reference}",
    ):
        assert stranger_client.get(path).status_code == 404, path
    for path in ("parts", "complete", "cancel"):
        assert post(stranger_client, f"/api/v1/documents/{ref}/{path}/").status_code == 404
    assert plain(stranger_client, folder, SimpleUploadedFile("a.pdf", PDF)).status_code == 404
    body = claim(PDF, "bill.pdf", kind="bill", folder=folder.reference)
    assert post(stranger_client, "/api/v1/documents/", body).status_code == 404
    assert Client().get(f"/documents/{ref}/").status_code == 302
    assert Client().get(f"/api/v1/documents/{ref}/").status_code == 401
    assert DocumentView.objects.count() == 0 and Document.objects.count() == 1


def test_who_opens_a_document_is_recorded(send, seller_client, seller_owner) -> None:
    document = send(JPEG, "front.jpg")
    answer = seller_client.get(reverse("document", args=[document.reference]))
    assert answer.status_code == 302
    assert requests.get(answer["Location"], timeout=20).headers["Content-Disposition"].startswith("attachment")
    view = DocumentView.objects.get()
    assert (view.document_id, view.user_id, view.door, view.address) == (
        document.pk,
        seller_owner.pk,
        "page",
        "127.0.0.1",
    )


def test_an_unsealed_document_says_why_it_does_not_open(begin, seller_client) -> None:
    answer = seller_client.get(reverse("document", args=[begin(PDF, "bill.pdf").reference]))
    assert answer.status_code == 409
    assert b"checked and sealed" in answer.content


def test_the_plain_form_takes_files(seller_client, folder) -> None:
    answer = plain(seller_client, folder, SimpleUploadedFile("bill.pdf", PDF), SimpleUploadedFile("front.jpg", JPEG))
    assert (answer.status_code, answer["Location"]) == (302, "/products/")
    assert [(each.state, each.content_type) for each in Document.objects.order_by("pk")] == [
        (DocumentState.SEALED, "application/pdf"),
        (DocumentState.SEALED, "image/jpeg"),
    ]
    listed = seller_client.get(f"/documents/?folder={folder.reference}").content.decode()
    assert "bill.pdf" in listed and "front.jpg" in listed and "Sealed" in listed


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("bill.pdf", b"", "empty"),
        ("anim.gif", GIF, "JPEG, PNG, WebP or PDF"),
        ("page.html", HTML, "JPEG, PNG, WebP or PDF"),
        ("scan.pdf", bytes(MAX_BYTES_THROUGH_SITE + 1), "up to 10 MB"),
    ],
)
def test_the_plain_form_says_what_is_wrong(seller_client, folder, name, data, words) -> None:
    answer = plain(seller_client, folder, SimpleUploadedFile(name, data))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Document.objects.count() == 0


def test_the_plain_form_says_why_a_file_was_rejected(seller_client, folder) -> None:
    answer = plain(seller_client, folder, SimpleUploadedFile("front.jpg", GIF))
    assert answer.status_code == 302
    assert [str(each) for each in get_messages(answer.wsgi_request)][0].startswith("front.jpg: The content is not")
    assert Document.objects.get().reason == "wrong_type"
    listed = seller_client.get(f"/documents/?folder={folder.reference}").text
    assert "Refused" in listed and "upload it again" in listed and "hx-trigger" not in listed


def test_a_list_asks_again_while_a_document_is_being_checked(seller_client, folder, arrive) -> None:
    arrive(PDF, PDF, "bill.pdf")
    listed = seller_client.get(f"/documents/?part&folder={folder.reference}").text
    assert "Being checked" in listed and f'hx-get="/documents/?part&amp;folder={folder.reference}"' in listed


def test_the_plain_form_needs_a_file_and_goes_nowhere_else(seller_client, folder) -> None:
    assert plain(seller_client, folder).status_code == 422
    answer = plain(seller_client, folder, SimpleUploadedFile("bill.pdf", PDF), next="https://evil.example/")
    assert answer["Location"] == reverse("home")


def test_the_plain_form_does_not_say_that_nothing_was_saved_beside_what_was(seller_client, folder) -> None:
    files = SimpleUploadedFile("bill.pdf", PDF), SimpleUploadedFile("moving.gif", GIF)
    answer = plain(seller_client, folder, *files)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "1 document is sealed." in page and "These were not saved." in page
    assert "Nothing was saved yet" not in page
