"""What the database knows that may concern some lines of a statement: a fixed number of statements for any number."""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db.models import F, Sum

from payments.bank_references import squeezed, transfers_in
from payments.charged_back import list_lost_of
from payments.matching import Deal, Known, Ordered, Seen, names_gateway, names_in
from payments.models import LIVE_PAYMENT_STATES, Allocation, BankLine, BankOrder, Direction, Escrow, Payment, Transfer
from payments.models.account_codes import settling
from payments.queries import balance_minor
from payments.routing import BANK, gateways_watched


def seen_of(line: BankLine) -> Seen:
    """A line as the rules look at it."""
    said = " ".join((line.remittance, line.end_to_end)).upper().strip()
    return Seen(
        direction=line.direction,
        amount_minor=line.amount_minor,
        currency=line.currency,
        text=squeezed(said),
        said=said,
        code=line.code,
        payer_name=line.counterparty_name,
        payer_account=line.counterparty_account,
        is_return=line.is_return,
    )


def known_for(lines: Sequence[Seen]) -> Known:
    """Every deal that these lines may name or pay, with what it waits for; and our transfers that they name."""
    incoming = [line for line in lines if line.direction == Direction.IN]
    ids, titles = _names(incoming)
    waiting = _waiting_payments({line.amount_minor for line in incoming})
    by_title = dict(Escrow.objects.filter(title__in=titles).values_list("title", "pk"))
    wanted = {*ids, *by_title.values(), *(payment.escrow_id for payment in waiting)}
    deals = _deals(wanted)
    return Known(
        deals=deals,
        by_title=by_title,
        waiting=_by_amount(deals[payment.escrow_id] for payment in waiting),
        account_ranges=settings.BANK_ORDER_ACCOUNTS,
        gateways=_paying_gateways(),
        settlements=_settlements(incoming),
        transfers=_transfers(lines),
    )


def _paying_gateways() -> tuple[str, ...]:
    return tuple(name.upper() for name in gateways_watched() if name != BANK)


def _settlements(lines: Sequence[Seen]) -> dict[tuple[str, int], int]:
    """What gateways paid out to our bank and no statement has shown, where a line seems to come from one.

    The desk takes off sums and parts, so that an amount alone is not on its way: so much must be.
    """
    gateways = _paying_gateways()
    codes = {settling(line.currency) for line in lines if names_gateway(line, gateways)}
    coming = {code.rpartition(":")[2]: balance_minor(code) for code in codes}
    found = settlements_on_their_way(codes)
    return {key: times for key, times in found.items() if key[1] <= coming[key[0]]}


def settlements_on_their_way(codes: Iterable[str]) -> dict[tuple[str, int], int]:
    """(currency, minor units) -> how many of that amount are not taken off again, of some accounts."""
    on_the_way: Counter[tuple[str, int]] = Counter()
    for side, sign in (("debit", 1), ("credit", -1)):
        rows = Transfer.objects.filter(**{f"{side}__code__in": list(codes)}).values_list("currency", "amount_minor")
        for currency, amount_minor in rows:
            on_the_way[currency, amount_minor] += sign
    return dict(on_the_way)


def _transfers(lines: Sequence[Seen]) -> dict[str, Ordered]:
    names = {name for line in lines for name in transfers_in(line.text)}
    return {
        order.end_to_end: Ordered(
            order_id=order.pk,
            name=order.end_to_end,
            amount_minor=order.amount_minor,
            currency=order.currency,
            state=order.state,
            left=order.debit_line_id is not None,
            back=order.credit_line_id is not None,
        )
        for order in BankOrder.objects.filter(end_to_end__in=names)
    }


def deals_of(escrow_ids: Iterable[int]) -> dict[int, Deal]:
    """Deals by the escrow's id, as they stand now."""
    return _deals(set(escrow_ids))


def _names(lines: Sequence[Seen]) -> tuple[set[int], set[str]]:
    ids: set[int] = set()
    titles: set[str] = set()
    for line in lines:
        for names in names_in(line.text, settings.BANK_ORDER_ACCOUNTS).values():
            ids |= {name for name in names if isinstance(name, int)}
            titles |= {name for name in names if isinstance(name, str)}
    return ids, titles


def _waiting_payments(amounts_minor: set[int]) -> list[Payment]:
    rows = Payment.objects.filter(gateway=BANK, state__in=LIVE_PAYMENT_STATES, amount_minor__in=amounts_minor)
    return list(rows.filter(escrow__stopped_at__isnull=True).order_by("pk"))


def _deals(escrow_ids: set[int]) -> dict[int, Deal]:
    payments = _payments_that_count(escrow_ids)
    own_currency = Allocation.objects.filter(
        payment__in=[payment.pk for payment in payments.values()], line__currency=F("payment__escrow__currency")
    )  # Money in another currency goes back as it came, and nothing is missing less for it.
    brought = dict(own_currency.values_list("payment").annotate(total=Sum("amount_minor")))
    lost = set(list_lost_of(escrow_ids).values_list("escrow_id", flat=True))
    return {
        escrow.pk: _deal(escrow, payments.get(escrow.pk), brought, lost)
        for escrow in Escrow.objects.filter(pk__in=escrow_ids).select_related("payer")
    }


def _payments_that_count(escrow_ids: set[int]) -> dict[int, Payment]:
    """Per escrow the live attempt by wire, else the last one: what comes for it now is late or too much."""
    rows = Payment.objects.filter(escrow_id__in=escrow_ids, gateway=BANK).order_by("pk")
    found: dict[int, Payment] = {}
    for payment in rows:
        before = found.get(payment.escrow_id)
        if before is None or payment.is_live or not before.is_live:
            found[payment.escrow_id] = payment
    return found


def _deal(escrow: Escrow, payment: Payment | None, brought: dict[int, int], lost: set[int]) -> Deal:
    """An attempt that is to be cancelled while money is lost asks for what isn't missing any more: none is for it."""
    is_open = escrow.stopped_at is None
    is_begun = payment is not None and payment.is_live
    is_lost = is_open and escrow.pk in lost and not (payment and is_begun and payment.cancel_asked_at is None)
    waits = is_open and is_begun and not is_lost
    kept_minor = brought.get(payment.pk, 0) - payment.charged_back_minor if payment else 0
    missing_minor = payment.amount_minor - kept_minor if payment and waits else 0
    return Deal(
        escrow_id=escrow.pk,
        title=escrow.title,
        payer_name=escrow.payer.name,
        currency=escrow.currency,
        payment_id=payment.pk if payment else None,
        missing_minor=max(missing_minor, 0),
        is_lost=is_lost,
    )


def _by_amount(deals: Iterable[Deal]) -> dict[tuple[str, int], tuple[Deal, ...]]:
    found: dict[tuple[str, int], tuple[Deal, ...]] = {}
    for deal in deals:
        if deal.missing_minor:
            key = (deal.currency, deal.missing_minor)
            found[key] = (*found.get(key, ()), deal)
    return found
