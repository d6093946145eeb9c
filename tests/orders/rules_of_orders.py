"""What the rules of the business allow (sections 1 and 3, 'Who clicks'), written by hand: not read from the code."""

STATES: dict[str, dict[str, dict[str, str]]] = {
    # state as built -> verb -> side -> state afterwards
    "draft": {
        "draft": {"seller": "DRAFT"},
        "send": {"seller": "OFFERED"},
        "expire": {"clock": "EXPIRED"},
    },
    "offered": {
        "withdraw": {"seller": "DRAFT"},
        "request_changes": {"buyer": "DRAFT"},
        "decline": {"buyer": "DECLINED"},
        "confirm": {"buyer": "AWAITING_PAYMENT"},
        "expire": {"clock": "EXPIRED"},
    },
    "declined": {},
    "expired": {},
    "awaiting_payment": {
        "pay": {"buyer": "AWAITING_PAYMENT"},
        "declare_wire": {"buyer": "AWAITING_PAYMENT"},
        "start_production": {"clock": "IN_PRODUCTION"},
        "expire": {"clock": "EXPIRED"},
        "cancel": {"buyer": "CANCELLED", "seller": "CANCELLED"},
    },
    # Nothing ships while a part of the price falls due on readiness.
    "in_production": {
        "report_progress": {"seller": "IN_PRODUCTION"},
        "approve_stage": {"buyer": "IN_PRODUCTION"},
        "challenge_stage": {"buyer": "IN_PRODUCTION"},
        "declare_ready": {"seller": "READY"},
        "cancel": {"buyer": "CANCELLED", "seller": "CANCELLED", "clock": "CANCELLED"},
    },
    "in_production_all_paid": {
        "report_progress": {"seller": "IN_PRODUCTION"},
        "approve_stage": {"buyer": "IN_PRODUCTION"},
        "challenge_stage": {"buyer": "IN_PRODUCTION"},
        "declare_ready": {"seller": "READY"},
        "ship": {"seller": "SHIPPED"},
        "cancel": {"buyer": "CANCELLED", "seller": "CANCELLED", "clock": "CANCELLED"},
    },
    # The buyer's bank took the deposit back: nothing leaves until it is paid again.
    "in_production_funding_lost": {
        "pay": {"buyer": "IN_PRODUCTION"},
        "declare_wire": {"buyer": "IN_PRODUCTION"},
        "report_progress": {"seller": "IN_PRODUCTION"},
        "approve_stage": {"buyer": "IN_PRODUCTION"},
        "challenge_stage": {"buyer": "IN_PRODUCTION"},
        "cancel": {"buyer": "CANCELLED", "seller": "CANCELLED", "clock": "CANCELLED"},
    },
    "ready": {
        "pay": {"buyer": "READY"},
        "declare_wire": {"buyer": "READY"},
        "book_carriage": {"buyer": "READY"},
        "approve_stage": {"buyer": "READY"},
        "challenge_stage": {"buyer": "READY"},
        "cancel": {"buyer": "CANCELLED", "seller": "CANCELLED", "clock": "CANCELLED"},
    },
    "ready_all_paid": {
        "book_carriage": {"buyer": "READY"},
        "approve_stage": {"buyer": "READY"},
        "challenge_stage": {"buyer": "READY"},
        "ship": {"seller": "SHIPPED"},
        "cancel": {"buyer": "CANCELLED", "seller": "CANCELLED", "clock": "CANCELLED"},
    },
    "shipped": {
        "not_arrived": {"buyer": "SHIPPED"},
        "confirm_arrival": {"buyer": "DELIVERED", "seller": "DELIVERED", "clock": "DELIVERED"},
    },
    "delivered": {
        "extend_inspection": {"buyer": "DELIVERED"},
        "accept": {"buyer": "COMPLETED", "clock": "COMPLETED"},
    },
    # The seller alone said so: the buyer may contest it.
    "delivered_by_the_sellers_word": {
        "not_arrived": {"buyer": "DELIVERED"},
        "extend_inspection": {"buyer": "DELIVERED"},
        "accept": {"buyer": "COMPLETED", "clock": "COMPLETED"},
    },
    "completed": {},
    # The buyer withdrew; the seller has three business days to prove more.
    "cancelled": {
        "report_progress": {"seller": "CANCELLED"},
        "approve_stage": {"buyer": "CANCELLED"},
        "challenge_stage": {"buyer": "CANCELLED"},
        "settle_cancellation": {"clock": "CANCELLED"},
    },
    "cancelled_and_divided": {},
}
SELLS, BUYS, PAYS = {"owner", "sales"}, {"owner", "purchasing"}, {"owner", "purchasing", "finance"}
WHO_CLICKS: dict[tuple[str, str], set[str]] = {
    ("seller", "draft"): SELLS,
    ("seller", "send"): SELLS,
    ("seller", "withdraw"): SELLS,
    ("seller", "report_progress"): SELLS,
    ("seller", "declare_ready"): SELLS,
    ("seller", "ship"): SELLS,
    ("seller", "confirm_arrival"): SELLS,
    ("seller", "cancel"): PAYS,
    ("buyer", "request_changes"): BUYS,
    ("buyer", "decline"): BUYS,
    ("buyer", "confirm"): BUYS,
    ("buyer", "approve_stage"): BUYS,
    ("buyer", "challenge_stage"): BUYS,
    ("buyer", "book_carriage"): BUYS,
    ("buyer", "not_arrived"): BUYS,
    ("buyer", "confirm_arrival"): BUYS,
    ("buyer", "extend_inspection"): BUYS,
    ("buyer", "pay"): PAYS,
    ("buyer", "declare_wire"): PAYS,
    ("buyer", "accept"): PAYS,
    ("buyer", "cancel"): PAYS,
}
DRAFTING = ("draft_lines", "draft_products", "draft_delivery", "draft_term", "draft_payment")
"""The steps of the draft after the parties: the rules of `draft` hold for each."""
VERBS = (
    "draft", *DRAFTING, "send", "withdraw", "request_changes", "decline", "confirm", "expire", "pay", "declare_wire",
    "start_production", "cancel", "report_progress", "approve_stage", "challenge_stage", "declare_ready", "ship",
    "book_carriage", "not_arrived", "confirm_arrival", "extend_inspection", "accept", "settle_cancellation",
)  # fmt: skip
ROLES = ("owner", "sales", "purchasing", "finance", "viewer")
ACTORS = (
    *((side, role) for side in ("seller", "buyer") for role in (*ROLES, "program")),
    *(("stranger", "owner"), ("staff", "arbiter"), ("clock", "")),
)
"""`program`: a client of the API that acts for the company as its owner, in no person's name."""
BY_PEOPLE_ALONE = {("seller", "send"), ("buyer", "confirm"), ("buyer", "request_changes"), ("buyer", "decline")}
"""A signature is a person's; an offer is the one person's it was sent to."""
for verb in DRAFTING:
    STATES["draft"][verb] = STATES["draft"]["draft"]
    WHO_CLICKS["seller", verb] = WHO_CLICKS["seller", "draft"]
for side_and_verb in WHO_CLICKS.keys() - BY_PEOPLE_ALONE:
    WHO_CLICKS[side_and_verb] = WHO_CLICKS[side_and_verb] | {"program"}


def expected(state: str, verb: str, side: str, role: str) -> str | None:
    """The state afterwards, or None for a refusal."""
    after = STATES[state].get(verb, {}).get(side)
    return after if side == "clock" or role in WHO_CLICKS.get((side, verb), set()) else None
