"""A wire came short by what banks keep: a later instalment asks for it, as long as nobody pays that one yet."""

from collections.abc import Sequence

from payments.models import LIVE_PAYMENT_STATES, LOST_PAYMENT_STATES, Instalment, Payment


def carry_shortfall(short_minor: int, instalment: Instalment, instalments: Sequence[Instalment]) -> None:
    """What is short joins the next instalment that nobody is paying yet; on the last one the payee bears it.

    Minor units. The instalments are locked by the caller.
    """
    later = [row for row in instalments if row.sequence > instalment.sequence and row.secured_at is None]
    if short_minor and later and not _is_paid(later[0], LIVE_PAYMENT_STATES):
        _carry(later[0], short_minor)


def take_shortfall_back(instalment: Instalment, instalments: Sequence[Instalment]) -> None:
    """The instalment is lost, and asked for anew: what it was short of must not be asked for twice.

    Taken off the later instalment that was asked for it, while nothing came for that one and nobody is paying it.
    Otherwise it stays there, and this one asks for so much less. What no other was asked for, this one asks for again.
    Minor units. The instalments are locked by the caller, who saves this one.
    """
    short_minor, instalment.shortfall_minor = instalment.shortfall_minor, 0
    for row in instalments:
        part = min(short_minor, row.carried_minor) if row.sequence > instalment.sequence else 0
        if not part:
            continue
        short_minor -= part
        if row.secured_at or _is_paid(row, (*LIVE_PAYMENT_STATES, *LOST_PAYMENT_STATES)):
            instalment.shortfall_minor += part
        else:
            _carry(row, -part)


def _is_paid(instalment: Instalment, states: Sequence[str]) -> bool:
    return Payment.objects.filter(instalment=instalment, state__in=states).exists()


def _carry(instalment: Instalment, more_minor: int) -> None:
    instalment.carried_minor += more_minor
    instalment.save(update_fields=["carried_minor"])
