"""Orders in every state between the cast's seller and buyer, and the addresses of all pages that show them."""

import re

from django.conf import settings

from catalog.actions import create_product
from catalog.entries import ProductEntry
from companies.actions import invite_colleague
from companies.models import Membership, PayoutAccount, Role, User
from companies.stop_links import stop_token
from core import deadlines
from messaging.models import Mail
from orders.actions.draft import create_draft
from orders.actions.offer import decline_offer, request_changes
from orders.models import OfferLink, Order, OrderState
from orders.offer_links import token_of
from orders.paying import pay_instalment
from payments.models import Payment
from tests.cast import actor, company_of, join, person
from tests.journeys.judging import Visit
from tests.journeys.orders import IN_FORTY_DAYS, now, offered
from tests.journeys.pages_that_fail import FAILING
from tests.orders import steps

OF_ORDER = "/orders/{ref}/{page}"
GUEST = (
    *("/", "/fees/", "/accounts/login/", "/accounts/signup/", "/accounts/confirm-email/", "/accounts/inactive/"),
    *("/accounts/confirm-email/not-a-key/", "/accounts/password/reset/", "/accounts/password/reset/done/"),
    *("/accounts/password/reset/key/1-wrong/", "/accounts/password/reset/key/done/", "/sandbox/mail/"),
)
MEMBER = (
    *("/dashboard/", "/orders/", "/orders/?q=nothing-like-this", "/notices/", "/payouts/", "/products/", "/settings/"),
    *("/company/", "/company/members/", "/company/payout-accounts/", "/company/new/", "/accounts/password/change/"),
    *("/accounts/email/", "/accounts/2fa/", "/accounts/reauthenticate/", "/accounts/logout/"),
)
SELLER = (
    *("/orders/new/", "/products/new/", "/company/payout-accounts/new/", "/payouts/request/USD/"),
    *("/payouts/statement/USD/", "/accounts/2fa/totp/activate/"),
)
"""Also of this one person who has no second factor yet."""
STAFF = tuple(
    f"/accounts/2fa/{page}/"
    for page in ("recovery-codes", "recovery-codes/generate", "totp/deactivate", "reauthenticate")
)
NO_PAGES = frozenset(
    {
        *("healthz", "readyz", "set_language", "sandbox-clock", "sandbox-webhook", "stripe-webhook"),
        *("company-enrol", "company-switch", "member-role", "invitation-revoke", "notices-read", "notice-open"),
        *("product-archive", "product-restore", "order-copy", "order-contract-pdf", "order-slip", "document"),
        *("statement-home", "statement-csv", "statement-pdf"),
        "notices",  # The list of notices by its other name.
        *("mfa_download_recovery_codes", "account_set_password", "account_confirm_login_code"),
    }
)
"""Names of the URL conf that show no page: they take a form, lead on, or answer with a file."""


def pages_of_everybody(seller: User, buyer: User) -> dict[str, list[Visit]]:
    """Who -> pages. Makes an order for each state first, by actions, on the site's clock.

    The last order's news is not delivered, so that its money still waits to be paid out.
    """
    late = produced_long_ago(seller, buyer)
    expired = steps.offer(seller, at=now() - 10 * steps.DAY, delivery=IN_FORTY_DAYS)
    deadlines.sweep()
    drafts = [create_draft(by=actor(seller), at=now()), steps.draft(seller, at=now(), delivery=IN_FORTY_DAYS)]
    offer, unpaid = offered(seller), with_open_payment(seller, buyer, "wire")
    with_open_payment(seller, buyer, "card")
    working, ready = in_production(seller, buyer), made(seller, buyer)
    shipped, delivered = sent(seller, buyer), sent(seller, buyer, arrived=True)
    ended = [declined(seller, buyer), changed(seller, buyer), cancelled(seller, buyer), accepted(seller, buyer)]
    shown = [offer, unpaid, working, ready, shipped, delivered, late, *ended]
    mail = Mail.objects.order_by("-pk").first()
    assert mail is not None
    pages = {
        "guest": [*GUEST, f"/offers/{link_of(offer)}/", f"/sandbox/mail/{mail.reference}/", stop_link(seller)],
        "seller": [
            *MEMBER,
            *SELLER,
            *pages_of_a_company(seller),
            f"/documents/?folder={working.folder.reference}",
            *[address(order) for order in (*shown, expired) if order.state != OrderState.DRAFT],
            *[f"/orders/{order.reference}/draft/{step}/" for order in drafts for step in range(1, 7)],
            *[address(drafts[1], page) for page in ("draft/2/new/", "draft/2/1/")],
            *[address(offer, "withdraw/"), address(unpaid, "cancel/"), address(late, "cancel/")],
            *[address(working, page) for page in ("progress/", "ready/", "ship/", "cancel/", "certificate/")],
            *[address(shipped, "arrival/")],
        ],
        "buyer": [
            *("/dashboard/", "/orders/", "/payouts/", "/company/"),
            *[address(order) for order in shown],
            *[address(offer, page) for page in ("review/", "changes/", "decline/")],
            *[address(unpaid, page) for page in ("pay/", "pay/instead/card/", "declare-wire/")],
            *[address(working, page) for page in ("stages/1/approve/", "stages/1/challenge/", "cancel/")],
            *[address(ready, page) for page in ("pay/", "carriage/")],
            *[address(shipped, page) for page in ("arrival/", "not-arrived/")],
            *[address(delivered, page) for page in ("accept/", "extend/")],
        ],
        "colleague": [f"/invitations/{invite(seller)}/", "/company/new/"],
        "treasurer": ["/accounts/2fa/", *STAFF],
        "half_way": ["/accounts/2fa/authenticate/"],
    }
    found = {who: [Visit(path) for path in paths] for who, paths in pages.items()}
    found["seller"] += [
        Visit(address(drafts[1], "draft/1/"), status=422, typed=("buyer_email", "x")),
        Visit(address(drafts[1], "draft/2/new/"), status=422, typed=("price", "0")),
        Visit(address(working, "progress/"), status=422, typed=("note", "x" * 5000)),
        Visit("/products/new/", status=422, typed=("name", "")),
    ]
    found["buyer"] += [
        Visit(address(offer, "decline/"), status=422, typed=("reason", " ")),
        Visit(address(unpaid, "declare-wire/"), status=422, typed=("amount", "0")),
    ]
    found["guest"] += [
        Visit("/accounts/signup/", typed=("email", "x")),
        Visit(f"/offers/{link_of(expired)}/", status=410),
        *[Visit(path, status=int(re.findall("[0-9]{3}", path)[0])) for path in FAILING],
        Visit("/nothing-lives-here/", status=404),
        Visit("/api/docs/", ours=False),
        Visit("/sandbox/components/", ours=False),
        *[Visit(path, ours=False) for path in pages_of_the_gateway()],
    ]
    return found


def pages_of_a_company(seller: User) -> list[str]:
    """Of one product, one member, one payout account."""
    company = company_of(seller)
    entry = ProductEntry(name="Bench", unit="piece", price_minor=100, currency="USD")
    product = create_product(company_id=company.pk, entry=entry, by=actor(seller), at=now())
    colleague = person("sales@binhminh.example", "Trần Văn Long")
    member = join(seller, colleague, Role.SALES)
    account = PayoutAccount.objects.get(company=company)
    return [
        f"/products/{product.reference}/",
        f"/company/members/{member.reference}/remove/",
        f"/company/payout-accounts/{account.reference}/remove/",
    ]


def stop_link(seller: User) -> str:
    """As the mail about a new payout account has it."""
    owner = Membership.objects.get(user=seller)
    account = PayoutAccount.objects.get(company=owner.company)
    return f"/company/payout-accounts/stop/{stop_token(account, owner)}/"


def pages_of_the_gateway() -> list[str]:
    """Of the sandbox gateway: where a card is taken, and the buyer's bank."""
    known = dict(Payment.objects.filter(state="PENDING").values_list("method", "gateway_id"))
    return [f"{settings.SANDBOX_GATEWAY_URL}/{page}" for page in (f"checkout/{known['card']}", f"bank/{known['wire']}")]


def link_of(order: Order) -> str:
    return token_of(OfferLink.objects.get(order=order))


def produced_long_ago(seller: User, buyer: User) -> Order:
    """Late: its forty days are over."""
    return steps.produce(seller, buyer, at=now() - 50 * steps.DAY, delivery=IN_FORTY_DAYS)


def address(order: Order, page: str = "") -> str:
    return OF_ORDER.format(ref=order.reference, page=page)


def invite(owner: User) -> str:
    made = invite_colleague(
        company_id=company_of(owner).pk, email="new@binhminh.example", role=Role.FINANCE, by=actor(owner), at=now()
    )
    return str(made.reference)


def with_open_payment(seller: User, buyer: User, method: str) -> Order:
    order = steps.sign(offered(seller), buyer, at=now())
    pay_instalment(order=order, method=method, return_url="http://127.0.0.1/", by=actor(buyer), at=now())
    return order


def in_production(seller: User, buyer: User) -> Order:
    order = steps.pay_for(steps.sign(offered(seller), buyer, at=now()), buyer, at=now())
    steps.report(order, seller, "MATERIALS", at=now())
    return steps.fresh(order)


def made(seller: User, buyer: User) -> Order:
    return steps.ready(in_production(seller, buyer), seller, at=now())


def ready_to_ship(seller: User, buyer: User) -> Order:
    order = steps.book(made(seller, buyer), buyer, at=now())
    return steps.pay_for(order, buyer, sequence=2, at=now())


def sent(seller: User, buyer: User, *, arrived: bool = False) -> Order:
    order = steps.ship(ready_to_ship(seller, buyer), seller, at=now())
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
