from django.urls import path

from payments import pages, statement_pages
from payments.webhooks import sandbox_webhook, stripe_webhook

urlpatterns = [
    path("gateways/sandbox/webhook/", sandbox_webhook, name="sandbox-webhook"),
    path("gateways/stripe/webhook/", stripe_webhook, name="stripe-webhook"),
    path("payouts/", pages.payout_list, name="payout-list"),
    path("payouts/statement/", statement_pages.statement_home, name="statement-home"),
    path("payouts/statement/<str:currency>/", statement_pages.statement_page, name="statement"),
    path("payouts/statement/<str:currency>/statement.csv", statement_pages.statement_csv, name="statement-csv"),
    path("payouts/statement/<str:currency>/statement.pdf", statement_pages.statement_paper, name="statement-pdf"),
    path("payouts/request/<str:currency>/", pages.payout_request, name="payout-request"),
]
