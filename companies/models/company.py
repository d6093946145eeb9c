from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.calendars import Calendar
from core.references import new_reference


def _company_reference() -> str:
    return new_reference("com")


def _membership_reference() -> str:
    return new_reference("mem")


def _invitation_reference() -> str:
    return new_reference("inv")


class Company(models.Model):
    """One side of a deal. Its standing (verified, enrolled, suspended) is switched by staff and kept as history."""

    reference = models.CharField(max_length=40, unique=True, default=_company_reference, editable=False)
    name = models.CharField(_("name"), max_length=200)
    country = models.CharField(_("country"), max_length=2)
    city = models.CharField(_("city"), max_length=100, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60)
    calendar_country = models.CharField(_("holidays kept"), max_length=2)
    created_at = models.DateTimeField()
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    enrolled_at = models.DateTimeField(_("enrolled"), null=True, blank=True)
    suspended_at = models.DateTimeField(_("suspended"), null=True, blank=True)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        indexes = [models.Index(fields=["-created_at", "-id"], name="company_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(enrolled_at__isnull=True) | models.Q(verified_at__isnull=False),
                name="company_enrolled_only_if_verified",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def calendar(self) -> Calendar:
        """When it is open."""
        return Calendar(zone=self.time_zone, country=self.calendar_country)

    @property
    def is_verified(self) -> bool:
        return self.verified_at is not None and self.suspended_at is None

    @property
    def may_sell(self) -> bool:
        """May send orders: verified, enrolled, not suspended (rules, section 6)."""
        return self.is_verified and self.enrolled_at is not None

    @property
    def postal_address(self) -> str:
        return ", ".join(part for part in (self.address, self.city, self.country) if part)


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    SALES = "sales", _("Sales")
    PURCHASING = "purchasing", _("Purchasing")
    FINANCE = "finance", _("Finance")
    VIEWER = "viewer", _("Viewer")


class Membership(models.Model):
    """A person's role in a company. The only row here that is deleted, when somebody leaves: history keeps it."""

    reference = models.CharField(max_length=40, unique=True, default=_membership_reference, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=12, choices=Role)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["user", "company"], name="one_membership_per_company"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_exists"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.company_id}"


class Invitation(models.Model):
    """A colleague asked by e-mail. Only somebody who owns that address can accept."""

    reference = models.CharField(max_length=40, unique=True, default=_invitation_reference, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=12, choices=Role)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "email"],
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="one_live_invitation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.role}"


class Identity(models.Model):
    """Names and addresses of one signature, the network's too: the one erasable row, which history cites by its id."""

    full_name = models.CharField(max_length=200)
    email = models.EmailField()
    company_name = models.CharField(max_length=200)
    address = models.CharField(max_length=500)
    signed_from = models.CharField(max_length=60, blank=True)
    """The network address that the signature came from."""
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")

    def __str__(self) -> str:
        return f"{self.full_name}, {self.company_name}"
