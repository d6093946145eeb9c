import pytest

from core import idempotency
from core.errors import IllegalMove
from core.idempotency import KeyReused, hash_body, once
from core.models import IdempotencyRecord

pytestmark = pytest.mark.django_db


def answer(calls: list[int]) -> tuple[int, dict[str, int]]:
    calls.append(1)
    return 201, {"number": len(calls)}


def test_the_same_key_and_body_give_the_stored_answer() -> None:
    calls: list[int] = []
    first = once(scope="c1 POST /x", key="k", body={"a": 1, "b": 2}, run=lambda: answer(calls))
    second = once(scope="c1 POST /x", key="k", body={"b": 2, "a": 1}, run=lambda: answer(calls))
    assert (first.status, first.body, first.replayed) == (201, {"number": 1}, False)
    assert (second.status, second.body, second.replayed) == (201, {"number": 1}, True)
    assert calls == [1]


def test_another_body_is_refused() -> None:
    calls: list[int] = []
    once(scope="s", key="k", body={"a": 1}, run=lambda: answer(calls))
    with pytest.raises(KeyReused):
        once(scope="s", key="k", body={"a": 2}, run=lambda: answer(calls))
    assert calls == [1]


def test_keys_of_two_companies_do_not_meet() -> None:
    calls: list[int] = []
    for scope in ("c1", "c2"):
        once(scope=scope, key="k", body={}, run=lambda: answer(calls))
    assert len(calls) == 2


def test_refusals_are_not_stored() -> None:
    def refuse() -> tuple[int, None]:
        raise IllegalMove

    with pytest.raises(IllegalMove):
        once(scope="s", key="k", body={}, run=refuse)
    assert not IdempotencyRecord.objects.exists()
    calls: list[int] = []
    assert once(scope="s", key="k", body={}, run=lambda: answer(calls)).status == 201


def test_old_keys_are_forgotten() -> None:
    once(scope="s", key="k", body={}, run=lambda: (200, None))
    IdempotencyRecord.objects.update(created_at="2020-01-01T00:00:00Z")
    assert idempotency.forget_old_keys() == 1


def test_hash_is_stable() -> None:
    assert hash_body({"a": 1, "b": [1, 2]}) == hash_body({"b": [1, 2], "a": 1})
