from django.urls import path

from orders.pages import order, paying, production, receipt

urlpatterns = [
    path("dashboard/", order.dashboard, name="dashboard"),
    path("orders/", order.order_list, name="order-list"),
    path("orders/<str:ref>/", order.order_page, name="order"),
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
