from collections.abc import Callable
from typing import Any

import pytest
import requests

from companies.models import Company, User
from companies.queries import actor_for
from core.actors import Actor
from evidence import access, exchanges, storage
from evidence.actions import create_folder
from evidence.models import Document, Folder
from tests.cast import NOW, company_of
from tests.evidence.files import claim, slices


@pytest.fixture
def folder(db: None) -> Folder:
    return create_folder(at=NOW)


@pytest.fixture(autouse=True)
def sides(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[int, int], str]:
    """(company, folder) -> side: what the apps above would know."""
    known: dict[tuple[int, int], str] = {}
    monkeypatch.setattr(access, "_checks", [lambda by, folder_id: known.get((by.company_id or 0, folder_id))])
    return known


@pytest.fixture
def seller(seller_owner: User, folder: Folder, sides: dict[tuple[int, int], str]) -> Actor:
    return on_side(seller_owner, folder, sides, "seller")


@pytest.fixture
def buyer(buyer_owner: User, folder: Folder, sides: dict[tuple[int, int], str]) -> Actor:
    return on_side(buyer_owner, folder, sides, "buyer")


@pytest.fixture
def outsider(stranger: User) -> Actor:
    return actor_for(stranger)


def on_side(user: User, folder: Folder, sides: dict[tuple[int, int], str], side: str) -> Actor:
    company: Company = company_of(user)
    sides[company.pk, folder.pk] = side
    return actor_for(user, address="203.0.113.7")


def put(part: dict[str, Any], data: bytes) -> requests.Response:
    """As a browser does."""
    return requests.put(part["url"], data=data, timeout=20)


Send = Callable[..., Document]


@pytest.fixture
def begin(folder: Folder, seller: Actor) -> Send:
    def begin_(data: bytes, name: str, by: Actor = seller, **changes: Any) -> Document:
        return exchanges.start_upload(folder_id=folder.pk, by=by, at=NOW, **claim(data, name, **changes))

    return begin_


@pytest.fixture
def send(begin: Send, seller: Actor) -> Send:
    """Begin, PUT every missing part, complete."""

    def send_(data: bytes, name: str, by: Actor = seller, sent: bytes | None = None, **changes: Any) -> Document:
        document = begin(data, name, by, **changes)
        _arrived, missing = exchanges.sign_parts(document=document, by=by)
        pieces = slices(data if sent is None else sent)
        for part in missing:
            put(part, pieces[part["number"]]).raise_for_status()
        return exchanges.finish_upload(document=document, by=by, at=NOW)

    return send_


@pytest.fixture
def arrive(begin: Send, seller: Actor) -> Callable[..., int]:
    """What a store may hold whatever was said: the bytes are put past the signed sizes. Returns the document's id."""

    def arrive_(data: bytes, stored: bytes, name: str) -> int:
        document = begin(data, name)
        made = storage.client().put_object(**storage.place(document.object_key, Body=stored))
        exchanges.complete_upload(document_id=document.pk, version_id=made["VersionId"], by=seller, at=NOW)
        return document.pk

    return arrive_
