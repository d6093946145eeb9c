from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.views import ActivateTOTPView
from django.http import HttpResponse


class SetUpSecondFactor(ActivateTOTPView):
    """Whoever sets a second factor up has just given it: this session needn't be asked for the same code at once."""

    def form_valid(self, form: object) -> HttpResponse:
        response = super().form_valid(form)
        record_authentication(self.request, self.request.user, method="mfa", type="totp", reauthenticated=True)
        return response
