from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from assurance import health, pages
from assurance.api_sandbox import SandboxClockView
from assurance.component_page import components
from assurance.library_admin import take_over_pages_of_libraries
from assurance.sandbox_pages import sandbox_clock
from companies.second_factor import SetUpSecondFactor

take_over_pages_of_libraries()
urlpatterns = [
    path("", pages.home, name="home"),
    path("fees/", pages.fees_published, name="fees"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/2fa/totp/activate/", SetUpSecondFactor.as_view(), name="mfa_activate_totp"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("companies.urls")),
    path("", include("messaging.urls")),
    path("", include("catalog.urls")),
    path("", include("evidence.urls")),
    path("", include("payments.urls")),
    path("", include("orders.urls")),
    path("api/v1/", include("payments.api_urls")),
    path("api/v1/", include("orders.api_urls")),
    path("api/v1/sandbox/clock/", SandboxClockView.as_view(), name="api-sandbox-clock"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]
if settings.SANDBOX:
    urlpatterns += [
        path("sandbox/clock/", sandbox_clock, name="sandbox-clock"),
        path("sandbox/components/", components, name="sandbox-components"),
    ]

handler400 = "assurance.pages.bad_request"
handler403 = "assurance.pages.forbidden"
handler404 = "assurance.pages.not_found"
handler429 = "assurance.pages.too_many_requests"
handler500 = "assurance.pages.server_error"
