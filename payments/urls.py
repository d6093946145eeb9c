from django.urls import path

from payments import pages
from payments.webhooks import sandbox_webhook

urlpatterns = [
    path("gateways/sandbox/webhook/", sandbox_webhook, name="sandbox-webhook"),
    path("payouts/", pages.payout_list, name="payout-list"),
    path("payouts/request/<str:currency>/", pages.payout_request, name="payout-request"),
]
