import pytest
from django import forms

from core.errors import Invalid, NotAllowed
from core.form_fields import LongTextField, NameField, add_refusal
from core.text_rules import check_name, check_text


@pytest.mark.parametrize("name", ["Công ty Bình Minh", "广州悦兴家具有限公司", "O'Neill & Söhne", "شركة النور", "A"])
def test_names_of_the_world_pass(name):
    assert check_name(name, "name") == name


def test_blanks_are_joined_and_letters_composed():
    assert check_name("  Cafe\u0301 \u00a0 Noir ", "name") == "Café Noir"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "a\nb",
        "a\x00b",
        "a\u202eb",
        "a\u2066b",
        "a\u200bb",
        "\ufeffa",
        "a\u200fb",
        "a\u2028b",
        "\ue000",
        "…",
        "x" * 201,
    ],
)
def test_names_that_hide_something_are_refused(name):
    with pytest.raises(Invalid) as refusal:
        check_name(name, "company")
    assert list(refusal.value.fields) == ["company"]


def test_texts_keep_their_lines():
    assert check_text(" a\r\n\tb \n", "words", 10) == "a\n\tb"
    assert check_text("", "words", 10) == ""
    for bad in ("x" * 11, "a\u202eb", "a\x07b"):
        with pytest.raises(Invalid):
            check_text(bad, "words", 10)


class Form(forms.Form):
    name = NameField(limit=5)
    words = LongTextField(limit=5, required=False)


def test_fields_show_what_is_wrong_and_keep_what_was_typed():
    form = Form({"name": "a\u200b", "words": "too long"})
    assert set(form.errors) == {"name", "words"}
    assert "U+200B" in form.errors["name"][0]
    assert form["words"].value() == "too long"


def test_refusals_land_beside_their_field_or_on_top():
    form = Form({"name": "abc"})
    assert form.is_valid()
    add_refusal(form, Invalid(fields={"name": "taken", "elsewhere": "also wrong"}))
    assert form.errors == {"name": ["taken"], "__all__": ["also wrong"]}
    other = Form({"name": "abc"})
    assert other.is_valid()
    add_refusal(other, NotAllowed())
    assert list(other.errors) == ["__all__"]
