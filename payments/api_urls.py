from django.urls import path

from payments import api

urlpatterns = [
    path("payments/<str:ref>/", api.PaymentView.as_view(), name="api-payment"),
    path("payouts/", api.PayoutListView.as_view(), name="api-payout-list"),
    path("payouts/<str:ref>/", api.PayoutView.as_view(), name="api-payout"),
]
