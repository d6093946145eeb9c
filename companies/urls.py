from django.urls import path

from companies import member_pages, pages, payout_pages

urlpatterns = [
    path("company/new/", pages.company_new, name="company-new"),
    path("company/", pages.company_detail, name="company-detail"),
    path("company/enrol/", pages.company_enrol, name="company-enrol"),
    path("company/switch/", pages.company_switch, name="company-switch"),
    path("company/members/", member_pages.members, name="members"),
    path("company/members/<str:ref>/role/", member_pages.member_role, name="member-role"),
    path("company/members/<str:ref>/remove/", member_pages.member_remove, name="member-remove"),
    path("company/invitations/<str:ref>/revoke/", member_pages.invitation_revoke, name="invitation-revoke"),
    path("company/payout-accounts/", payout_pages.payout_accounts, name="payout-accounts"),
    path("company/payout-accounts/new/", payout_pages.payout_account_new, name="payout-account-new"),
    path("company/payout-accounts/<str:ref>/remove/", payout_pages.payout_account_remove, name="payout-account-remove"),
    path("company/payout-accounts/stop/<str:token>/", payout_pages.payout_account_stop, name="payout-account-stop"),
    path("invitations/<str:ref>/", member_pages.invitation, name="invitation"),
    path("settings/", pages.account_settings, name="account-settings"),
]
