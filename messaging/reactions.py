"""Who is told what of companies. Each reaction may run twice: the keys keep it from telling twice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.events import (
    ColleagueInvited,
    ColleagueJoined,
    CompanyEnrolled,
    CompanyReinstated,
    CompanySuspended,
    CompanyVerified,
    PayoutAccountAdded,
    PayoutAccountRemoved,
    PayoutAccountVerified,
)
from companies.models import Company, Invitation, PayoutAccount, User
from companies.queries import owners_of, payout_accounts_of, staff_to_tell
from companies.stop_links import stop_token
from messaging.actions import tell, tell_address
from messaging.words import moment_words

WHY_COMPANY = gettext_lazy("You get this because you are a member of this company.")
WHY_STAFF = gettext_lazy("You get this because you are staff.")
STOP_IT = gettext_lazy("If you don't know of this, stop the account now, by the link below, and change your passwords.")


def mail_invitation(event: ColleagueInvited) -> None:
    """To the invited address, in the language of whoever invited."""
    invitation = Invitation.objects.select_related("company", "invited_by").get(pk=event.invitation_id)
    words = {
        "who": str(invitation.invited_by),
        "company": invitation.company.name,
        "site": settings.SITE_NAME,
        "email": invitation.email,
    }
    tell_address(
        key=f"invitation:{invitation.pk}",
        email=invitation.email,
        kind="invitation",
        subject=lambda: _("%(who)s invites you to %(company)s") % words,
        lines=[
            lambda: _("%(who)s asks you to work for %(company)s on %(site)s.") % words,
            lambda: _("Your role: %(role)s.") % {"role": invitation.get_role_display()},
            lambda: _("Sign up or log in with this address (%(email)s), then accept.") % words,
            lambda: _("The invitation lapses on %(day)s.") % {"day": moment_words(invitation.expires_at)},
        ],
        url=reverse("invitation", args=[invitation.reference]),
        action_label=gettext_lazy("See the invitation"),
        why=gettext_lazy("You get this because somebody typed your address. If you don't know them, do nothing."),
        language=invitation.language,
        time_zone=invitation.invited_by.time_zone,
        at=event.at,
    )


def tell_owners_of_colleague(event: ColleagueJoined) -> None:
    company = Company.objects.get(pk=event.company_id)
    words = {"who": str(User.objects.get(pk=event.user_id)), "company": company.name}
    tell(
        key=f"joined:{event.company_id}:{event.user_id}:{event.at.isoformat()}",
        company_id=company.pk,
        verb="members",
        kind="colleague_joined",
        subject=lambda: _("%(who)s now works for %(company)s here") % words,
        lines=[gettext_lazy("They accepted your company's invitation. If this is not right, remove them.")],
        url=reverse("members"),
        why=WHY_COMPANY,
        at=event.at,
    )


def tell_owners_of_new_account(event: PayoutAccountAdded) -> None:
    """All owners learn of it at once and have 72 hours to stop it (rules, section 2). Staff are asked to verify it."""
    account, words = _account(event.payout_account_id)
    _tell_owners(
        account,
        "payout_account_added",
        subject=lambda: _("New payout account for %(company)s: %(currency)s, ending %(tail)s") % words,
        lines=[
            lambda: _("%(who)s added this account at %(bank)s. Holder: %(holder)s.") % words,
            lambda: (
                _("Money can go there from %(moment)s on, once our staff verified it.")
                % {"moment": moment_words(account.usable_from)}
            ),
            STOP_IT,
        ],
        at=event.at,
    )
    tell(
        key=f"payout-account-to-verify:{account.pk}",
        users=staff_to_tell("verifier"),
        kind="payout_account_to_verify",
        subject=lambda: _("To verify: a payout account of %(company)s") % words,
        lines=[gettext_lazy("Compare the holder with the company's papers before it can be used.")],
        url=reverse("admin:companies_payoutaccount_change", args=[account.pk]),
        why=WHY_STAFF,
        at=event.at,
    )


def tell_owners_of_verified_account(event: PayoutAccountVerified) -> None:
    """All owners again: it is the last step before money goes there. Whoever else minds the accounts is told, too."""
    account, words = _account(event.payout_account_id)

    def subject() -> str:
        return _("Payout account verified: %(currency)s, ending %(tail)s") % words

    def from_when() -> str:
        return _("Money can go there from %(moment)s on.") % {"moment": moment_words(account.usable_from)}

    _tell_owners(account, "payout_account_verified", subject=subject, lines=[from_when, STOP_IT], at=event.at)
    tell(
        key=f"payout-account-verified:{account.pk}",
        company_id=account.company_id,
        verb="payout_account",
        kind="payout_account_verified",
        subject=subject,
        lines=[from_when],
        url=reverse("payout-accounts"),
        why=WHY_COMPANY,
        at=event.at,
    )


def tell_owners_of_removed_account(event: PayoutAccountRemoved) -> None:
    """All owners learn of it, and where the money goes from now on."""
    account, words = _account(event.payout_account_id)
    tell(
        key=f"payout-account-removed:{account.pk}",
        company_id=account.company_id,
        verb="company",
        kind="payout_account_removed",
        subject=lambda: _("Payout account removed: %(currency)s, ending %(tail)s") % words,
        lines=[
            gettext_lazy("No new payout goes there. A payout that is on its way is not stopped."),
            lambda: _where_next(account),
        ],
        url=reverse("payout-accounts"),
        action_label=gettext_lazy("See the payout accounts"),
        why=WHY_COMPANY,
        at=event.at,
    )


def _where_next(removed: PayoutAccount) -> str:
    rest = [each for each in payout_accounts_of(removed.company_id) if each.currency == removed.currency]
    verified = next((each for each in rest if each.verified_at), None)
    if verified is None:
        return _("Money in %(currency)s waits until another account can be used.") % {"currency": removed.currency}
    words = {"currency": removed.currency, "tail": verified.number[-4:], "moment": moment_words(verified.usable_from)}
    return _("Money in %(currency)s goes to the account ending %(tail)s, from %(moment)s on.") % words


def _tell_owners(account: PayoutAccount, kind: str, *, subject: Any, lines: Sequence[Any], at: datetime) -> None:
    """One message per owner: each has a link of their own that stops the account, without a log-in."""
    for owner in owners_of(account.company_id):
        tell(
            key=f"{kind.replace('_', '-')}:{account.pk}",
            users=[owner.user],
            company_id=account.company_id,
            kind=kind,
            subject=subject,
            lines=lines,
            url=reverse("payout-account-stop", args=[stop_token(account, owner)]),
            action_label=gettext_lazy("Look at it, or stop it"),
            why=WHY_COMPANY,
            at=at,
        )


def tell_of_verification(event: CompanyVerified) -> None:
    _tell_standing(
        event,
        "company_verified",
        gettext_lazy("%(company)s is verified"),
        gettext_lazy(
            "Our staff found your papers in order. Next: add a payout account, then switch trade assurance on."
        ),
    )


def tell_of_enrolment(event: CompanyEnrolled) -> None:
    _tell_standing(
        event,
        "company_enrolled",
        gettext_lazy("%(company)s now sells under trade assurance"),
        gettext_lazy("You can send orders to your buyers."),
    )


def tell_of_suspension(event: CompanySuspended) -> None:
    _tell_standing(
        event,
        "company_suspended",
        gettext_lazy("%(company)s is suspended"),
        gettext_lazy("You can't send new orders. Orders that run go on. Write to our staff."),
    )


def tell_of_reinstatement(event: CompanyReinstated) -> None:
    _tell_standing(
        event,
        "company_reinstated",
        gettext_lazy("%(company)s may trade again"),
        gettext_lazy("The suspension was lifted."),
    )


def _tell_standing(event: Any, kind: str, subject: Any, line: Any) -> None:
    company = Company.objects.get(pk=event.company_id)
    tell(
        key=f"{kind}:{company.pk}:{event.at.isoformat()}",
        company_id=company.pk,
        verb="send",
        kind=kind,
        subject=lambda: str(subject) % {"company": company.name},
        lines=[line],
        url=reverse("company-detail"),
        why=WHY_COMPANY,
        at=event.at,
    )


def _account(account_id: int) -> tuple[PayoutAccount, dict[str, str]]:
    account = PayoutAccount.objects.select_related("company", "added_by").get(pk=account_id)
    return account, {
        "company": account.company.name,
        "currency": account.currency,
        "tail": account.number[-4:],
        "bank": account.bank_name,
        "holder": account.holder,
        "who": str(account.added_by or settings.SITE_NAME),
    }
