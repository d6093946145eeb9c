from django.urls import path

from messaging import pages

urlpatterns = [
    path("notices/", pages.notices, name="notice-list"),
    path("notices/", pages.notices, name="notices"),
    path("notices/read/", pages.notices_read, name="notices-read"),
    path("notices/<str:ref>/", pages.notice_open, name="notice-open"),
    path("sandbox/mail/", pages.sandbox_mail, name="sandbox-mail"),
    path("sandbox/mail/<str:ref>/", pages.sandbox_mail_view, name="sandbox-mail-view"),
]
