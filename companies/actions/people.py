from collections.abc import Sequence
from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from companies.models import StaffGroup, User
from companies.places import check_zone
from core.actions import action
from core.actors import Actor
from core.errors import Invalid, NotAllowed
from core.text_rules import check_name


def check_email(address: str, field: str = "email") -> str:
    """Lower case. Raises Invalid beside `field` for what is no address."""
    found = address.strip().lower()
    try:
        validate_email(found)
    except ValidationError:
        raise Invalid(fields={field: _("Write an e-mail address, for example name@company.com.")}) from None
    if len(found) > 254:
        raise Invalid(fields={field: _("This address is too long.")})
    return found


def check_language(code: str, field: str = "language") -> str:
    if code not in dict(settings.LANGUAGES):
        raise Invalid(fields={field: _("Choose a language from the list.")})
    return code


@action
def create_person(
    *, email: str, password: str, full_name: str, language: str, time_zone: str, by: Actor, at: datetime
) -> User:
    """A person with a confirmed address, for the platform's own use (demo data, tests). People sign up by the pages.

    Raises NotAllowed for everybody but the platform; Invalid for a wrong or taken address, name, language or zone.
    """
    if not by.is_platform:
        raise NotAllowed
    address = check_email(email)
    if User.objects.filter(email=address).exists():
        raise Invalid(fields={"email": _("This address has an account already.")})
    user = User.objects.create_user(
        address,
        password,
        full_name=check_name(full_name, "full_name"),
        language=check_language(language),
        time_zone=check_zone(time_zone),
        date_joined=at,
    )
    EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    return user


@action
def create_staff(
    *, email: str, password: str, full_name: str, groups: Sequence[StaffGroup | str], by: Actor, at: datetime
) -> User:
    """A member of staff in the named groups. Raises NotAllowed for everybody but the platform; Invalid as above."""
    unknown = {str(name) for name in groups} - set(StaffGroup.values)
    if unknown:
        raise Invalid(fields={"groups": _("There is no such staff group.")})
    user = create_person(
        email=email, password=password, full_name=full_name, language="en", time_zone="UTC", by=by, at=at
    )
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.groups.set([Group.objects.get_or_create(name=str(name))[0] for name in groups])
    return user


@action
def update_profile(*, full_name: str, language: str, time_zone: str, by: Actor, at: datetime) -> User:
    """A person's own name, language and zone. Locks and writes the acting person's row. Raises Invalid, NotAllowed."""
    user = User.objects.select_for_update(no_key=True).filter(pk=by.user_id or 0, is_active=True).first()
    if user is None:
        raise NotAllowed
    user.full_name = check_name(full_name, "full_name")
    user.language = check_language(language)
    user.time_zone = check_zone(time_zone)
    user.save(update_fields=["full_name", "language", "time_zone"])
    return user
