from django.urls import path

from payments import api, bank_api

urlpatterns = [
    path("bank-statements/", bank_api.BankStatementListView.as_view(), name="api-bank-statement-list"),
    path("bank-statements/<str:ref>/", bank_api.BankStatementView.as_view(), name="api-bank-statement"),
    path("bank-statements/<str:ref>/lines/", bank_api.BankStatementLinesView.as_view(), name="api-bank-lines"),
    path("payments/<str:ref>/", api.PaymentView.as_view(), name="api-payment"),
    path("payouts/", api.PayoutListView.as_view(), name="api-payout-list"),
    path("statements/", api.StatementListView.as_view(), name="api-statement-list"),
    path("statements/<str:currency>/", api.StatementView.as_view(), name="api-statement"),
    path("payouts/<str:ref>/", api.PayoutView.as_view(), name="api-payout"),
]
