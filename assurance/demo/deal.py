"""One order of the demo, as its two sides act on it: each method is one click of one person."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings

from assurance.demo.bank import send_wire
from assurance.demo.papers import pdf, photo
from assurance.demo.people import Cast
from catalog.models import Product
from core import clock, events
from core.actors import Actor
from evidence.exchanges import store_file
from evidence.models import Kind
from orders.actions.cancellation import cancel_order
from orders.actions.draft import create_draft, save_delivery, save_parties, save_payment, save_trade_term
from orders.actions.offer import confirm_order, decline_offer, request_changes, send_order
from orders.actions.production import approve_stage, book_carriage, declare_ready, report_progress
from orders.actions.receipt import accept_order, confirm_arrival, extend_inspection
from orders.actions.shipment import Dispatch, documents_needed, ship_order
from orders.drafting import Delivery, InstalmentInput, Parties, PaymentTerms, TradeTermInput
from orders.models import Order, StageReport
from orders.paying import pay_instalment
from orders.queries import last_terms
from payments.exchanges.pay import ask_about_payment
from payments.queries import held_minor_of, money_of


class Deal:
    """A seller's and a buyer's side of one order. Emails name who clicks."""

    def __init__(
        self,
        cast: Cast,
        seller: str,
        buyer: str,
        *,
        products: Sequence[Product],
        incoterm: str,
        place: str,
        mode: str,
        deposit: int,
        ship_days: int,
    ) -> None:
        """`deposit`: basis points due on confirmation."""
        self.cast, self.seller, self.buyer = cast, seller, buyer
        self.products = products
        self.term = TradeTermInput(
            incoterm=incoterm,
            named_place=place,
            transport_mode=mode,
            documents_promised=("invoice", "packing_list"),
            inspection_passes="AQL level II: critical 0, major 2.5, minor 4.0",
            inspection_days=15,
        )
        self.deposit, self.ship_days = deposit, ship_days
        self.order: Order

    @property
    def seller_by(self) -> Actor:
        return self.cast.by(self.seller)

    @property
    def buyer_by(self) -> Actor:
        return self.cast.by(self.buyer)

    def fresh(self) -> Order:
        self.order = Order.objects.select_related("seller", "buyer", "escrow", "folder").get(pk=self.order.pk)
        return self.order

    def draft(self, *, seller_ref: str, buyer_ref: str) -> None:
        at, by = clock.now(), self.seller_by
        self.order = create_draft(product_refs=[product.reference for product in self.products], by=by, at=at)
        buyer = self.cast.companies[self.buyer.split("@")[1]]
        parties = Parties(
            buyer_email=self.buyer,
            buyer_company_name=buyer.name,
            seller_ref=seller_ref,
            buyer_ref=buyer_ref,
            language="en",
            governing_law="CISG and the law of Singapore",
        )
        parts = [InstalmentInput(basis_points=self.deposit, due_on="confirmation")]
        if self.deposit < 10_000:
            parts.append(InstalmentInput(basis_points=10_000 - self.deposit, due_on="readiness"))
        steps = (
            (save_parties, {"parties": parties}),
            (save_delivery, {"delivery": Delivery(basis="days", ship_days=self.ship_days)}),
            (save_trade_term, {"term": self.term}),
            (save_payment, {"terms": PaymentTerms(methods=("wire", "card"), instalments=parts)}),
        )
        for save, content in steps:
            save(order_id=self.order.pk, seen_version=self.fresh().version, by=by, at=at, **content)

    def send(self) -> None:
        send_order(order_id=self.order.pk, seen_version=self.fresh().version, by=self.seller_by, at=clock.now())

    def ask_for_changes(self, comment: str) -> None:
        request_changes(order_id=self.order.pk, comments={"payment": comment}, by=self.buyer_by, at=clock.now())

    def decline(self, reason: str) -> None:
        decline_offer(order_id=self.order.pk, reason=reason, by=self.buyer_by, at=clock.now())

    def confirm(self) -> None:
        terms = last_terms(self.order)
        assert terms is not None
        confirm_order(order_id=self.order.pk, terms_sha256=terms.sha256, by=self.buyer_by, at=clock.now())

    def wire(self, *, percent: int = 100) -> None:
        """Open a wire for what is due, and let so much of it arrive."""
        order, at = self.fresh(), clock.now()
        payment = pay_instalment(order=order, method="wire", return_url=settings.SITE_URL, by=self.buyer_by, at=at)
        assert order.escrow_id is not None and order.buyer is not None
        due = money_of(order.escrow_id).next_to_pay
        assert due is not None
        if percent:
            send_wire(
                account_number=payment.bank_details["account_number"],
                amount_minor=due.missing_minor * percent // 100,
                currency=order.currency,
                remitter=order.buyer.name,
            )
        ask_about_payment(payment_id=payment.pk, at=at)
        events.run_courier()

    def paper(self, kind: str, title: str, by: Actor) -> str:
        """Store a sample paper; its reference."""
        lines = [self.order.number, str(clock.now().date())]
        is_photo = kind == Kind.PRODUCT_PHOTO
        file = (photo if is_photo else pdf)(title, lines)
        name = f"{title.lower().replace(' ', '-')}.{'jpg' if is_photo else 'pdf'}"
        stored = store_file(folder_id=self.order.folder_id, kind=kind, file_name=name, file=file, by=by, at=clock.now())
        return stored.reference

    def report(self, stage: str, title: str, *, approve: bool = False) -> None:
        reference = self.paper(Kind.PRODUCT_PHOTO, title, self.seller_by)
        report = report_progress(
            order_id=self.order.pk, stage=stage, document_refs=[reference], note="", by=self.seller_by, at=clock.now()
        )
        if approve:
            self.approve(report)

    def approve(self, report: StageReport) -> None:
        approve_stage(order_id=self.order.pk, report_id=report.pk, by=self.buyer_by, at=clock.now())

    def ready(self) -> None:
        packed = self.paper(Kind.PRODUCT_PHOTO, "Packed goods", self.seller_by)
        packing_list = self.paper(Kind.TRANSPORT, "Packing list", self.seller_by)
        declare_ready(
            order_id=self.order.pk,
            packed_refs=[packed],
            packing_list_refs=[packing_list],
            by=self.seller_by,
            at=clock.now(),
        )

    def book(self) -> None:
        note = "Harbour Forwarding, booking HF-88213, collects on Friday"
        book_carriage(order_id=self.order.pk, note=note, by=self.buyer_by, at=clock.now())

    def ship(self, *, days_at_sea: int) -> None:
        order, at = self.fresh(), clock.now()
        today = order.seller.calendar.day_of(at)
        papers = {
            role: [self.paper(Kind.TRANSPORT, role.replace("_", " ").title(), self.seller_by)]
            for role in documents_needed(order)
        }
        dispatch = Dispatch(
            carrier="Pacific Bridge Line",
            transport_number=f"PBL{order.pk:07d}",
            dispatched_on=today,
            eta=today + timedelta(days=days_at_sea),
            container="PBLU 482113-5",
            seal="VN 091827",
        )
        ship_order(order_id=order.pk, dispatch=dispatch, documents=papers, by=self.seller_by, at=at)

    def arrive(self) -> None:
        confirm_arrival(order_id=self.order.pk, by=self.buyer_by, at=clock.now())

    def extend(self) -> None:
        extend_inspection(order_id=self.order.pk, by=self.buyer_by, at=clock.now())

    def accept(self) -> None:
        order = self.fresh()
        assert order.escrow_id is not None
        seen = held_minor_of(order.escrow_id)
        accept_order(order_id=order.pk, seen_minor=seen, by=self.buyer_by, at=clock.now())

    def cancel(self, reason: str, *, by: Actor) -> None:
        cancel_order(order_id=self.order.pk, reason=reason, by=by, at=clock.now())
