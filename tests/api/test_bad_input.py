"""Input that can't be right: a problem with words for each field, and nothing changed."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.deals import Deal, in_days, line, money, nothing_changes, today_of_seller

LONG = "a" * 10_000
RTL, ZERO_WIDTH, NUL = "Oak\u202echair", "Oak\u200bchair", "Oak\x00chair"
OVER_LIMIT = 10**12 + 1
Told = dict[str, Any]

AMOUNTS = [0, -1, 1.5, "1.5", OVER_LIMIT, 10**30, "a lot", None, True, []]
TEXTS = [LONG, RTL, ZERO_WIDTH, NUL]


def draft_cases() -> list[tuple[str, Told]]:
    """(field of the problem, body of the PATCH)."""
    cases: list[tuple[str, Told]] = []
    price, count = "lines.0.unit_price.amount_minor", "lines.0.quantity_thousandths"
    cases += [(price, {"lines": [line(unit_price=money(amount))]}) for amount in AMOUNTS]
    cases += [(count, {"lines": [line(quantity_thousandths=amount)]}) for amount in (0, -1, 1.5, 10**30, "x", None)]
    cases += [("lines.0.name", {"lines": [line(name=text)]}) for text in (*TEXTS, "", " ", "!!!", None)]
    cases += [("lines.0.unit", {"lines": [line(unit=text)]}) for text in TEXTS]
    cases += [("lines.0.specification", {"lines": [line(specification=text)]}) for text in TEXTS]
    cases += [("lines.0.price_basis", {"lines": [line(price_basis=basis)]}) for basis in (0, 7, -1, "x")]
    cases += [("lines.0.requirements.0.attribute", {"lines": [line(requirements=[{"attribute": LONG}])]})]
    cases += [("lines.0.requirements.0.target", {"lines": [line(requirements=[{"attribute": "a", "target": RTL}])]})]
    cases += [("lines", {"lines": [line(product="prd_elsewhere")]})]
    cases += [("lines", {"lines": [line()] * 201})]
    cases += [("lines", {"lines": "none"})]
    wrong = (*(f"parties.{name}" for name in ("buyer_company_name", "seller_ref", "buyer_ref", "governing_law")),)
    cases += [(name, {"parties": {name.split(".")[1]: text}}) for name in wrong for text in TEXTS]
    cases += [("parties.buyer_email", {"parties": {"buyer_email": text}}) for text in ("x", "a@b", LONG, f"{RTL}@x.vn")]
    cases += [("parties.buyer_email", {"parties": {"buyer_email": "owner@binhminh.example"}})]
    cases += [("parties.language", {"parties": {"language": "xx"}})]
    for name in ("ship_date", "price_valid_until"):
        days = (
            "2020-01-01",
            "9999-12-31",
            "tomorrow",
            "2027-02-30",
            "20270101T10",
            "\uff12\uff10\uff12\uff17-03-01",
            5,
        )
        cases += [(f"delivery.{name}", {"delivery": {name: day}}) for day in days]
    cases += [
        ("delivery.ship_days", {"delivery": {"delivery_basis": "days", "ship_days": days}})
        for days in (0, -3, 731, 1.5, 10**12, "\uff11\uff12", "1_0")
    ]
    cases += [("trade_term.incoterm", {"trade_term": {"incoterm": "FOX"}})]
    cases += [("trade_term.named_place", {"trade_term": {"named_place": text}}) for text in TEXTS]
    cases += [("trade_term.consignee", {"trade_term": {"consignee": text}}) for text in TEXTS]
    cases += [("trade_term.inspection_days", {"trade_term": {"inspection_days": days}}) for days in (0, 31, 10**12)]
    cases += [("trade_term.documents_promised", {"trade_term": {"documents_promised": ["map"]}})]
    cases += [("payment.currency", {"payment": {"currency": currency}}) for currency in ("XXX", "usd", "", LONG)]
    cases.append(("payment.methods.0", {"payment": {"methods": ["cash"]}}))
    # A method of the platform that nobody takes here.
    cases.append(("payment.methods", {"payment": {"methods": ["transfer"]}}))
    parts = [{"basis_points": 3000, "due_on": "confirmation"}]
    cases += [("payment.instalments", {"payment": {"instalments": parts * count}}) for count in (2, 3)]
    cases += [
        ("payment.instalments.0.basis_points", {"payment": {"instalments": [parts[0] | {"basis_points": points}]}})
        for points in (0, -1, 10_001, 0.5, 10**12)
    ]
    return cases


def test_of_a_draft(deal: Deal) -> None:
    deal.reach("draft")
    cases = draft_cases()
    assert len(cases) > 100
    with nothing_changes():
        for field, body in cases:
            answer = deal.seller.patch(f"orders/{deal.ref}/", body)
            told = str(body)[:200]
            assert (answer.status, answer.code) == (422, "invalid"), f"{told}: {answer.text[:300]}"
            assert field in answer.errors, f"{told}: {answer.errors}"
            assert all(words for words in answer.errors.values())


def test_an_unknown_currency_of_a_price(deal: Deal) -> None:
    deal.reach("draft")
    with nothing_changes():
        answer = deal.seller.patch(f"orders/{deal.ref}/", {"lines": [line(unit_price=money(100, "XXX"))]})
        assert (answer.status, answer.code) == (422, "invalid")
        assert answer.errors


def test_a_total_over_the_limit(deal: Deal) -> None:
    deal.reach("draft")
    dear = line(quantity_thousandths=1_000, unit_price=money(10**12))
    with nothing_changes():
        answer = deal.seller.patch(f"orders/{deal.ref}/", {"lines": [dear, dear]})
        assert (answer.status, list(answer.errors)) == (422, ["lines"])


def test_products_of_somebody_else(deal: Deal) -> None:
    with nothing_changes():
        answer = deal.seller.post("orders/", {"products": ["prd_elsewhere"]})
        assert (answer.status, list(answer.errors)) == (422, ["product_refs"])


def wire(**changes: Any) -> Told:
    return {
        "sent_on": today_of_seller().isoformat(),
        "amount": money(375_000),
        "bank_reference": "FT 2291",
    } | changes


def foreign_paper(deal: Deal) -> str:
    """A sealed document of another order of the same seller."""
    other = Deal(deal.seller_user, deal.buyer_user)
    other.draft()
    return other.paper()


Case = tuple[str, str, str, str, Callable[[Deal], Told]]
VERB_CASES: list[Case] = [
    ("offered", "buyer", "confirm", "terms_sha256", lambda _deal: {}),
    ("offered", "buyer", "decline", "reason", lambda _deal: {"reason": " "}),
    *[("offered", "buyer", "decline", "reason", lambda _deal, text=text: {"reason": text}) for text in TEXTS],
    ("offered", "buyer", "request-changes", "comments", lambda _deal: {"comments": {}}),
    ("offered", "buyer", "request-changes", "comments.lines", lambda _deal: {"comments": {"lines": LONG}}),
    ("offered", "buyer", "request-changes", "comments.lines", lambda _deal: {"comments": {"lines": RTL}}),
    ("confirmed", "buyer", "cancel", "reason", lambda _deal: {"reason": LONG}),
    ("confirmed", "buyer", "cancel", "reason", lambda _deal: {"reason": ZERO_WIDTH}),
    ("confirmed", "buyer", "pay", "method", lambda _deal: {"method": "cash"}),
    ("confirmed", "buyer", "pay", "method", lambda _deal: {"method": "transfer"}),
    *[
        ("wired", "buyer", "declare-wire", "amount.amount_minor", lambda _deal, x=x: wire(amount=money(x)))
        for x in (1.5, "x", None, [])
    ],
    *[
        ("wired", "buyer", "declare-wire", "amount", lambda _deal, x=x: wire(amount=money(x)))
        for x in (0, -1, OVER_LIMIT, 10**30)
    ],
    ("wired", "buyer", "declare-wire", "amount.currency", lambda _deal: wire(amount=money(375_000, "EUR"))),
    ("wired", "buyer", "declare-wire", "sent_on", lambda _deal: wire(sent_on="2020-01-01")),
    ("wired", "buyer", "declare-wire", "sent_on", lambda _deal: wire(sent_on=in_days(9))),
    *[("wired", "buyer", "declare-wire", "bank_reference", lambda _deal, x=x: wire(bank_reference=x)) for x in TEXTS],
    ("wired", "buyer", "declare-wire", "document", lambda _deal: wire(document="doc_elsewhere")),
    ("production", "seller", "report-progress", "stage", lambda d: {"stage": "DONE", "documents": [d.paper()]}),
    ("production", "seller", "report-progress", "documents", lambda _deal: {"stage": "STARTED", "documents": []}),
    ("production", "seller", "report-progress", "documents", lambda d: report(d, foreign_paper(d))),
    *[
        ("production", "seller", "report-progress", "note", lambda d, text=text: report(d, d.paper()) | {"note": text})
        for text in TEXTS
    ],
    ("production", "seller", "declare-ready", "packed", lambda d: {"packed": ["doc_x"], "packing_list": [d.paper()]}),
    ("production", "seller", "declare-ready", "packing_list", lambda d: {"packed": [d.paper()], "packing_list": []}),
    ("reported", "buyer", "challenge-stage", "reason", lambda _deal: {"stage_number": 1, "reason": ""}),
    ("reported", "buyer", "challenge-stage", "stage_number", lambda _deal: {"stage_number": 0, "reason": "x"}),
    ("ready", "buyer", "book-carriage", "note", lambda _deal: {"note": " "}),
    *[("ready", "buyer", "book-carriage", "note", lambda _deal, text=text: {"note": text}) for text in TEXTS],
    ("paid", "seller", "ship", "carrier", lambda d: d.shipment(carrier=" ")),
    *[("paid", "seller", "ship", "carrier", lambda d, text=text: d.shipment(carrier=text)) for text in TEXTS],
    ("paid", "seller", "ship", "dispatched_on", lambda d: d.shipment(dispatched_on="2020-01-01")),
    ("paid", "seller", "ship", "dispatched_on", lambda d: d.shipment(dispatched_on=in_days(3))),
    ("paid", "seller", "ship", "eta", lambda d: d.shipment(eta=in_days(-3))),
    ("paid", "seller", "ship", "eta", lambda d: d.shipment(eta="9999-12-31")),
    ("paid", "seller", "ship", "invoice", lambda d: d.shipment(documents={})),
    ("paid", "seller", "ship", "invoice", lambda d: paper_of_another_order(d)),
    ("paid", "seller", "ship", "documents.map", lambda d: d.shipment(documents={"map": ["doc_x"]})),
    ("shipped", "buyer", "not-arrived", "new_eta", lambda _deal: {"new_eta": in_days(-2)}),
    ("shipped", "buyer", "not-arrived", "new_eta", lambda _deal: {"new_eta": "soon"}),
    ("shipped", "seller", "confirm-arrival", "proof", lambda _deal: {"proof": []}),
    ("arrived", "buyer", "accept", "currency", lambda _deal: money(1_250_000, "EUR")),
    ("arrived", "buyer", "accept", "amount_minor", lambda _deal: money(1.5)),
    ("arrived", "buyer", "accept", "amount_minor", lambda _deal: {"currency": "USD"}),
]


def report(_deal: Deal, paper: str) -> Told:
    return {"stage": "STARTED", "documents": [paper]}


def paper_of_another_order(deal: Deal) -> Told:
    paper = [foreign_paper(deal)]
    return deal.shipment(documents={"invoice": paper, "bill_of_lading": paper})


@pytest.mark.parametrize("stage", dict.fromkeys(case[0] for case in VERB_CASES))
def test_of_a_verb(deal: Deal, stage: str) -> None:
    deal.reach(stage)
    for _stage, side, verb, field, make in [case for case in VERB_CASES if case[0] == stage]:
        body = make(deal)
        with nothing_changes():
            answer = (deal.seller if side == "seller" else deal.buyer).do(deal.ref, verb, body)
            told = f"{verb} {str(body)[:200]}"
            assert (answer.status, answer.code) == (422, "invalid"), f"{told}: {answer.text[:300]}"
            assert field in answer.errors, f"{told}: {answer.errors}"


def test_accepting_another_amount_than_is_held(deal: Deal) -> None:
    deal.reach("arrived")
    with nothing_changes():
        for amount in (0, -1, 1, 1_249_999, 10**30):
            answer = deal.buyer.do(deal.ref, "accept", money(amount))
            assert (answer.status, answer.code) == (412, "stale")


def test_shipping_a_draft_that_has_no_trade_term_yet(deal: Deal) -> None:
    deal.ref = deal.seller.post("orders/").ok()["reference"]
    with nothing_changes():
        body = {"carrier": "Maersk", "transport_number": "1", "dispatched_on": in_days(0), "eta": in_days(20)}
        answer = deal.seller.do(deal.ref, "ship", body | {"documents": {"invoice": ["doc_x"]}})
        assert (answer.status, answer.code) == (409, "illegal_move")


def test_a_report_that_is_not_there(deal: Deal) -> None:
    deal.reach("reported")
    with nothing_changes():
        assert deal.buyer.do(deal.ref, "approve-stage", {"stage_number": 2}).status == 404


def test_a_payout_in_no_currency(deal: Deal) -> None:
    with nothing_changes():
        for currency in ("XXX", "", "usd", "US\u200bD"):
            answer = deal.seller.post("payouts/", {"currency": currency})
            assert (answer.status, list(answer.errors)) == (422, ["currency"])


@pytest.mark.parametrize("seconds", [0, -1, 1.5, 10**12, "x", None])
def test_a_clock_that_can_not_move_so(deal: Deal, seconds: Any) -> None:
    with nothing_changes():
        answer = deal.seller.post("sandbox/clock/", {"advance_seconds": seconds})
        assert (answer.status, list(answer.errors)) == (422, ["advance_seconds"])


@pytest.mark.parametrize("ref", ["ord_elsewhere", "x" * 300, "%E2%80%AE"])
def test_a_reference_that_is_none(deal: Deal, ref: str) -> None:
    with nothing_changes():
        assert deal.seller.order(ref).status == 404
        assert deal.seller.do(ref, "send").status == 404
        assert deal.seller.get(f"payments/{ref}/").status == 404
        assert deal.seller.get(f"payouts/{ref}/").status == 404
