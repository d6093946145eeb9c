from django.urls import path

from payments.webhooks import sandbox_webhook

urlpatterns = [
    path("gateways/sandbox/webhook/", sandbox_webhook, name="sandbox-webhook"),
]
