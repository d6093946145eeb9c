import pytest
from django.utils import translation

from catalog.quantities import format_quantity, plain_quantity, to_thousandths
from core.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "thousandths"),
    [("1", 1000), ("0.5", 500), ("1 200", 1_200_000), ("12.3450", 12_345), ("0.500", 500), ("1234.567", 1_234_567)],
)
def test_what_people_type(typed: str, thousandths: int) -> None:
    assert to_thousandths(typed) == thousandths


@pytest.mark.parametrize(
    "typed", ["", "x", "0", "-1", "0.0001", "nan", "inf", "1e99", "1,5", "1000000001", "1e999999", "1e-999999"]
)
def test_what_is_no_quantity(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        to_thousandths(typed, field="min_quantity")
    assert list(refusal.value.fields) == ["min_quantity"]


@pytest.mark.parametrize(("typed", "ways"), [("1.500", ("1500", "1.5")), ("12.345", ("12345", "12.3450"))])
def test_what_can_be_read_in_two_ways_is_asked_back(typed: str, ways: tuple[str, str]) -> None:
    with pytest.raises(Invalid) as refusal:
        to_thousandths(typed)
    words = str(refusal.value.fields["quantity"])
    assert [way in words for way in ways] == [True, True]
    assert [to_thousandths(way) for way in ways] == [int(ways[0]) * 1000, int(ways[0])]


def test_what_people_read() -> None:
    plain = [plain_quantity(each) for each in (1000, 500, 1_200_000, 12_345)]
    assert plain == ["1", "0.5", "1200", "12.3450"]
    assert [to_thousandths(each) for each in plain] == [1000, 500, 1_200_000, 12_345]
    assert format_quantity(1_234_500) == "1,234.5"
    with translation.override("vi"):
        assert format_quantity(1_234_500) == "1.234,5"
