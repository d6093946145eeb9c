from django.urls import path

from orders.pages import draft_lines, drafting, offer, order, paying, production, receipt

urlpatterns = [
    path("dashboard/", order.dashboard, name="dashboard"),
    path("orders/", order.order_list, name="order-list"),
    path("orders/new/", drafting.order_new, name="order-new"),
    path("offers/<str:token>/", offer.offer_by_link, name="order-offer"),
    path("orders/<str:ref>/", order.order_page, name="order"),
    path("orders/<str:ref>/copy/", drafting.order_copy, name="order-copy"),
    path("orders/<str:ref>/draft/2/", draft_lines.ProductsPage.as_view(), name="order-draft-products"),
    path("orders/<str:ref>/draft/2/new/", draft_lines.LinePage.as_view(), name="order-draft-line-new"),
    path("orders/<str:ref>/draft/2/<int:place>/", draft_lines.LinePage.as_view(), name="order-draft-line"),
    path("orders/<str:ref>/draft/6/", drafting.ReviewPage.as_view(), name="order-draft-review"),
    path("orders/<str:ref>/draft/<int:step>/", drafting.draft_step, name="order-draft"),
    path("orders/<str:ref>/review/", offer.ReviewOfferPage.as_view(), name="order-review"),
    path("orders/<str:ref>/changes/", offer.ChangesPage.as_view(), name="order-changes"),
    path("orders/<str:ref>/decline/", offer.DeclinePage.as_view(), name="order-decline"),
    path("orders/<str:ref>/withdraw/", offer.WithdrawPage.as_view(), name="order-withdraw"),
    path("orders/<str:ref>/contract.pdf", offer.contract, name="order-contract-pdf"),
    path("orders/<str:ref>/certificate/", offer.certificate, name="order-certificate"),
    path("orders/<str:ref>/pay/", paying.PayPage.as_view(), name="order-pay"),
    path("orders/<str:ref>/declare-wire/", paying.DeclareWirePage.as_view(), name="order-declare-wire"),
    path("orders/<str:ref>/progress/", production.ProgressPage.as_view(), name="order-progress"),
    path(
        "orders/<str:ref>/stages/<int:number>/approve/",
        production.ApproveStagePage.as_view(),
        name="order-stage-approve",
    ),
    path(
        "orders/<str:ref>/stages/<int:number>/challenge/",
        production.ChallengeStagePage.as_view(),
        name="order-stage-challenge",
    ),
    path("orders/<str:ref>/ready/", production.ReadyPage.as_view(), name="order-ready"),
    path("orders/<str:ref>/carriage/", production.CarriagePage.as_view(), name="order-carriage"),
    path("orders/<str:ref>/ship/", production.ShipPage.as_view(), name="order-ship"),
    path("orders/<str:ref>/arrival/", receipt.ArrivalPage.as_view(), name="order-arrival"),
    path("orders/<str:ref>/not-arrived/", receipt.NotArrivedPage.as_view(), name="order-not-arrived"),
    path("orders/<str:ref>/extend/", receipt.ExtendPage.as_view(), name="order-extend"),
    path("orders/<str:ref>/accept/", receipt.AcceptPage.as_view(), name="order-accept"),
    path("orders/<str:ref>/cancel/", receipt.CancelPage.as_view(), name="order-cancel"),
]
