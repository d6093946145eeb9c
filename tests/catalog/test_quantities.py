import pytest
from django.utils import translation

from catalog.quantities import format_quantity, plain_quantity, to_thousandths
from core.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "thousandths"), [("1", 1000), ("0.5", 500), ("1 200", 1_200_000), ("12.345", 12_345)]
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


def test_what_people_read() -> None:
    assert [plain_quantity(each) for each in (1000, 500, 1_200_000, 12_345)] == ["1", "0.5", "1200", "12.345"]
    assert format_quantity(1_234_500) == "1,234.5"
    with translation.override("vi"):
        assert format_quantity(1_234_500) == "1.234,5"
