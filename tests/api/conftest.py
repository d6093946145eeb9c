import pytest

from companies.models import Role, User
from tests.api.client import Api
from tests.api.deals import Deal
from tests.cast import join, person


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
