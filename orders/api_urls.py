from django.urls import path

from orders.api import contract, orders, paying, production, receipt

ORDER = "orders/<str:ref>/"
VERBS = {
    "send": contract.OrderSendView,
    "withdraw": contract.OrderWithdrawView,
    "request-changes": contract.OrderRequestChangesView,
    "decline": contract.OrderDeclineView,
    "confirm": contract.OrderConfirmView,
    "cancel": contract.OrderCancelView,
    "copy": orders.OrderCopyView,
    "pay": paying.OrderPayView,
    "declare-wire": paying.OrderDeclareWireView,
    "report-progress": production.OrderReportProgressView,
    "approve-stage": production.OrderApproveStageView,
    "challenge-stage": production.OrderChallengeStageView,
    "declare-ready": production.OrderDeclareReadyView,
    "book-carriage": production.OrderBookCarriageView,
    "ship": production.OrderShipView,
    "not-arrived": receipt.OrderNotArrivedView,
    "confirm-arrival": receipt.OrderConfirmArrivalView,
    "extend-inspection": receipt.OrderExtendInspectionView,
    "accept": receipt.OrderAcceptView,
}
READS = {
    "timeline": orders.OrderTimelineView,
    "deadlines": orders.OrderDeadlinesView,
    "terms": orders.OrderTermsView,
    "payments": orders.OrderPaymentsView,
    "lint": orders.OrderLintView,
}

urlpatterns = [
    path("orders/", orders.OrderListView.as_view(), name="api-order-list"),
    path(ORDER, orders.OrderView.as_view(), name="api-order"),
    path(f"{ORDER}contract.pdf", contract.OrderContractPdfView.as_view(), name="api-order-contract-pdf"),
    *(path(f"{ORDER}{name}/", view.as_view(), name=f"api-order-{name}") for name, view in {**VERBS, **READS}.items()),
]
