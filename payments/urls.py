from django.urls import path

from payments import pages
from payments.webhooks import sandbox_webhook, stripe_webhook

urlpatterns = [
    path("gateways/sandbox/webhook/", sandbox_webhook, name="sandbox-webhook"),
    path("gateways/stripe/webhook/", stripe_webhook, name="stripe-webhook"),
    path("payouts/", pages.payout_list, name="payout-list"),
    path("payouts/request/<str:currency>/", pages.payout_request, name="payout-request"),
]
