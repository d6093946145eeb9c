from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from companies.models import Role, User
from services.postgres import WEB
from tests.api.client import Api
from tests.api.deals import Deal
from tests.cast import join, person
from tests.plugins.services import Session


@pytest.fixture
def deal(seller_owner: User, buyer_owner: User) -> Deal:
    return Deal(seller_owner, buyer_owner)


@pytest.fixture
def outsider(stranger: User) -> Api:
    return Api(stranger)


@pytest.fixture
def seller_viewer(seller_owner: User) -> User:
    user = person("viewer@binhminh.example", "Võ An", time_zone="Asia/Ho_Chi_Minh")
    join(seller_owner, user, Role.VIEWER)
    return user


@pytest.fixture
def other_session(services: Session, db: None) -> Iterator[Any]:
    """A cursor of another client of the database under test, in autocommit."""
    with closing(psycopg2.connect(services.postgres.url(WEB, services.database))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
