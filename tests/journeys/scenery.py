"""Orders in every state between the cast's seller and buyer, and the addresses of all pages that show them."""

from companies.actions import invite_colleague
from companies.models import Role, User
from messaging.models import Mail
from orders.actions.draft import create_draft
from orders.actions.offer import decline_offer, request_changes
from orders.models import OfferLink, Order
from orders.offer_links import token_of
from orders.paying import pay_instalment
from tests.cast import actor, company_of
from tests.journeys.orders import IN_FORTY_DAYS, now, offered
from tests.orders import steps

OF_ORDER = "/orders/{ref}/{page}"
GUEST = (
    *("/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/confirm-email/"),
    *("/sandbox/mail/", "/sandbox/components/", "/nothing-lives-here/"),
)
MEMBER = (
    *("/dashboard/", "/orders/", "/orders/?q=nothing-like-this", "/notices/", "/payouts/", "/products/", "/settings/"),
    *("/company/", "/company/members/", "/company/payout-accounts/", "/company/new/", "/accounts/password/change/"),
    *("/accounts/email/", "/accounts/2fa/", "/accounts/logout/"),
)
SELLER = ("/orders/new/", "/products/new/", "/company/payout-accounts/new/", "/payouts/request/USD/")


def pages_of_everybody(seller: User, buyer: User) -> dict[str, list[str]]:
    """Who -> addresses. Makes an order for each state first, by actions, on the site's clock.

    The last order's news is not delivered, so that its money still waits to be paid out.
    """
    drafts = [create_draft(by=actor(seller), at=now()), steps.draft(seller, at=now(), delivery=IN_FORTY_DAYS)]
    offer, unpaid = offered(seller), with_open_wire(seller, buyer)
    working, ready = in_production(seller, buyer), made(seller, buyer)
    shipped, delivered = sent(seller, buyer), sent(seller, buyer, arrived=True)
    ended = [declined(seller, buyer), changed(seller, buyer), cancelled(seller, buyer), accepted(seller, buyer)]
    invitation = invite(seller)
    shown = [offer, unpaid, working, ready, shipped, delivered, *ended]
    token = token_of(OfferLink.objects.get(order=offer))
    mail = Mail.objects.order_by("-pk").first()
    assert mail is not None
    return {
        "guest": [*GUEST, f"/offers/{token}/", f"/sandbox/mail/{mail.reference}/"],
        "seller": [
            *MEMBER,
            *SELLER,
            *[address(order) for order in shown],
            *[f"/orders/{order.reference}/draft/{step}/" for order in drafts for step in range(1, 7)],
            *[address(drafts[1], page) for page in ("draft/2/new/", "draft/2/1/")],
            *[address(offer, "withdraw/"), address(unpaid, "cancel/")],
            *[address(working, page) for page in ("progress/", "ready/", "ship/", "cancel/", "certificate/")],
            *[address(shipped, "arrival/")],
        ],
        "buyer": [
            *("/dashboard/", "/orders/", "/payouts/", "/company/"),
            *[address(order) for order in shown],
            *[address(offer, page) for page in ("review/", "changes/", "decline/")],
            *[address(unpaid, page) for page in ("pay/", "declare-wire/")],
            *[address(working, page) for page in ("stages/1/approve/", "stages/1/challenge/", "cancel/")],
            *[address(ready, page) for page in ("pay/", "carriage/")],
            *[address(shipped, page) for page in ("arrival/", "not-arrived/")],
            *[address(delivered, page) for page in ("accept/", "extend/")],
        ],
        "colleague": [f"/invitations/{invitation}/", "/company/new/"],
    }


def address(order: Order, page: str = "") -> str:
    return OF_ORDER.format(ref=order.reference, page=page)


def invite(owner: User) -> str:
    made = invite_colleague(
        company_id=company_of(owner).pk, email="new@binhminh.example", role=Role.FINANCE, by=actor(owner), at=now()
    )
    return str(made.reference)


def with_open_wire(seller: User, buyer: User) -> Order:
    order = steps.sign(offered(seller), buyer, at=now())
    pay_instalment(order=order, method="wire", return_url="http://127.0.0.1/", by=actor(buyer), at=now())
    return order


def in_production(seller: User, buyer: User) -> Order:
    order = steps.pay_for(steps.sign(offered(seller), buyer, at=now()), buyer, at=now())
    steps.report(order, seller, "MATERIALS", at=now())
    return steps.fresh(order)


def made(seller: User, buyer: User) -> Order:
    return steps.ready(in_production(seller, buyer), seller, at=now())


def sent(seller: User, buyer: User, *, arrived: bool = False) -> Order:
    order = steps.book(made(seller, buyer), buyer, at=now())
    order = steps.ship(steps.pay_for(order, buyer, sequence=2, at=now()), seller, at=now())
    return steps.arrive(order, buyer, at=now()) if arrived else order


def accepted(seller: User, buyer: User) -> Order:
    return steps.accept(sent(seller, buyer, arrived=True), buyer, at=now())


def declined(seller: User, buyer: User) -> Order:
    order = offered(seller)
    return decline_offer(order_id=order.pk, reason="Bought elsewhere", by=actor(buyer), at=now())


def changed(seller: User, buyer: User) -> Order:
    order = offered(seller)
    request_changes(order_id=order.pk, comments={"payment": "20 %, please"}, by=actor(buyer), at=now())
    return steps.fresh(order)


def cancelled(seller: User, buyer: User) -> Order:
    order = in_production(seller, buyer)
    steps.prove(order, seller, buyer, "STARTED", at=now())
    steps.cancel(steps.fresh(order), buyer, at=now())
    return steps.fresh(order)
