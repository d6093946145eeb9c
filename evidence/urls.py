from django.urls import path

from evidence import api, pages

urlpatterns = [
    path("documents/", pages.document_list, name="document-list"),
    path("documents/<slug:reference>/", pages.document_download, name="document"),
    path("api/v1/documents/", api.DocumentListView.as_view(), name="api-document-list"),
    path("api/v1/documents/<slug:reference>/", api.DocumentView.as_view(), name="api-document"),
    path("api/v1/documents/<slug:reference>/parts/", api.DocumentPartsView.as_view(), name="api-document-parts"),
    path(
        "api/v1/documents/<slug:reference>/complete/", api.DocumentCompleteView.as_view(), name="api-document-complete"
    ),
    path("api/v1/documents/<slug:reference>/cancel/", api.DocumentCancelView.as_view(), name="api-document-cancel"),
    path(
        "api/v1/documents/<slug:reference>/download/", api.DocumentDownloadView.as_view(), name="api-document-download"
    ),
]
