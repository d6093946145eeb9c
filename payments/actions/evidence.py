"""The packet of evidence against a charge-back: asked for, claimed with its key, sent by an exchange, noted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import clear_alarms, raise_alarm
from core.errors import Invalid, Refused
from core.events import publish
from core.leases import Lease, doubled
from core.text_rules import check_text
from payments.charged_back import is_recall
from payments.events import EvidenceSent
from payments.locks import lock_chargeback
from payments.models import Chargeback, ChargebackState
from payments.policies import check_platform, check_treasurer
from payments.timing import CHARGEBACK_DECIDED_AFTER, CHARGEBACK_OPEN, next_business_close

NOT_SENT = "evidence_not_sent"
OVERDUE = "chargeback_overdue"
LONGEST_WORDS = 4_000


class EvidenceSentBefore(Refused):
    code = "evidence_sent_before"
    message = _("The packet was sent, or the bank has decided. The bank takes one packet only.")


class NoEvidenceTaken(Refused):
    code = "no_evidence_taken"
    message = _("The bank took a wire back: it asks for no papers. This ends when the refund on its way has ended.")


@action
def ask_for_evidence(*, chargeback_id: int, words: str, by: Actor, at: datetime) -> Chargeback:
    """Send the packet now, with words of staff in front of it, instead of waiting for the clock.

    Locks: escrow, payment, charge-back. Raises NotAllowed, NotFound, Invalid, EvidenceSentBefore, NoEvidenceTaken.
    """
    check_treasurer(by)
    chargeback = lock_chargeback(chargeback_id)
    check_can_ask_for_evidence(chargeback, by)
    if len(words) > LONGEST_WORDS:
        raise Invalid(fields={"words": _("At most 4,000 characters.")})
    chargeback.evidence_words = check_text(words, "words", LONGEST_WORDS)
    chargeback.evidence_wanted_at, chargeback.evidence_asked_by_id = at, by.user_id
    chargeback.evidence_refusal = ""
    chargeback.save(update_fields=["evidence_words", "evidence_wanted_at", "evidence_asked_by_id", "evidence_refusal"])
    _ask_soon(chargeback)
    return chargeback


def check_can_ask_for_evidence(chargeback: Chargeback, by: Actor) -> None:
    """The bank takes one, has none, and has not decided. Raises NotAllowed, EvidenceSentBefore, NoEvidenceTaken."""
    check_treasurer(by)
    if is_recall(chargeback):
        raise NoEvidenceTaken
    if chargeback.state != ChargebackState.OPEN or chargeback.evidence_sent_at is not None:
        raise EvidenceSentBefore


@action
def watch_chargeback(*, subject_id: int, at: datetime) -> None:
    """The clock of an open charge-back: the packet goes out by itself; later, staff are alarmed day by day.

    They hear of a packet that is not taken, and of a bank that does not decide in 90 days; of a wire that was taken
    back, that a refund is still on its way. Locks: escrow, payment, charge-back.
    """
    chargeback = lock_chargeback(subject_id)
    if chargeback.state != ChargebackState.OPEN:
        return
    label, pk = "payments.chargeback", chargeback.pk
    if is_recall(chargeback):
        raise_alarm(CHARGEBACK_OPEN, label, pk, f"{chargeback}: waits for a refund of the payment that is on its way")
    elif chargeback.evidence_wanted_at is None and not chargeback.evidence_refusal:
        chargeback.evidence_wanted_at = at
        chargeback.save(update_fields=["evidence_wanted_at"])
        _ask_soon(chargeback)
    elif chargeback.evidence_sent_at is None:
        raise_alarm(NOT_SENT, label, pk, f"{chargeback}: no evidence taken yet {chargeback.evidence_refusal}")
    else:
        raise_alarm(OVERDUE, label, pk, f"{chargeback}: open since {chargeback.opened_at:%Y-%m-%d}")
    deadlines.schedule(chargeback, CHARGEBACK_OPEN, next_business_close(at), replace=True)


@action
def claim_evidence(
    *, chargeback_id: int, text: str, files: Sequence[dict[str, Any]], sha256: str, by: Actor, at: datetime
) -> Chargeback | None:
    """Write down what is about to be sent, and its key, before the gateway hears of it; None when nothing is.

    The key names the packet: the same again has the same key. The caller saw that the gateway has none yet.
    Locks: escrow, payment, charge-back. Raises NotAllowed, NotFound.
    """
    check_platform(by)
    chargeback = lock_chargeback(chargeback_id)
    is_wanted = chargeback.evidence_wanted_at is not None and chargeback.evidence_sent_at is None
    if chargeback.state != ChargebackState.OPEN or not is_wanted:
        return None
    chargeback.evidence_key = f"evidence:{chargeback.reference}:{sha256[:24]}"
    chargeback.evidence_text, chargeback.evidence_files = text, list(files)
    chargeback.evidence_sha256 = sha256
    chargeback.save(update_fields=["evidence_key", "evidence_text", "evidence_files", "evidence_sha256"])
    return chargeback


@action
def record_evidence_sent(*, chargeback_id: int, by: Actor, at: datetime) -> Chargeback:
    """The gateway has the claimed packet. Idempotent. Locks: escrow, payment, charge-back. Raises NotAllowed."""
    check_platform(by)
    chargeback = lock_chargeback(chargeback_id)
    if chargeback.evidence_sent_at is not None:
        return chargeback
    chargeback.evidence_sent_at, chargeback.evidence_refusal = at, ""
    chargeback.save(update_fields=["evidence_sent_at", "evidence_refusal"])
    clear_alarms(NOT_SENT, "payments.chargeback", chargeback.pk)
    if chargeback.state == ChargebackState.OPEN:
        decided_by = max(chargeback.opened_at + CHARGEBACK_DECIDED_AFTER, at + timedelta(days=1))
        deadlines.schedule(chargeback, CHARGEBACK_OPEN, decided_by, replace=True)
    publish(EvidenceSent(escrow_id=chargeback.escrow_id, chargeback_id=chargeback.pk, at=at))
    return chargeback


@action
def record_evidence_refused(*, chargeback_id: int, code: str, by: Actor, at: datetime) -> Chargeback:
    """The gateway would not take it: staff are alarmed, and it is sent again when they ask. Locks as above."""
    check_platform(by)
    chargeback = lock_chargeback(chargeback_id)
    if chargeback.evidence_sent_at is None:
        chargeback.evidence_wanted_at, chargeback.evidence_refusal = None, code[:200]
        chargeback.save(update_fields=["evidence_wanted_at", "evidence_refusal"])
        raise_alarm(NOT_SENT, "payments.chargeback", chargeback.pk, f"{chargeback}: the gateway says {code}")
    return chargeback


LEASE = Lease(
    table=Chargeback._meta.db_table,
    due="state = 'OPEN' AND ask_at <= %(wall)s",
    clock="ask_at",
    count="asked",
    put_ahead=doubled("asked", first="30 s", most="1 h"),
)


@action
def lease_chargebacks(*, wall: datetime, most: int = 50) -> list[int]:
    """The open charge-backs to ask the gateway about now, put ahead with back-off (30 s, doubled to an hour).

    Wall time. One statement.
    """
    return LEASE.take(wall=wall, most=most)


def _ask_soon(chargeback: Chargeback) -> None:
    Chargeback.objects.filter(pk=chargeback.pk).update(ask_at=Now(), asked=0)
