"""Pages as the apps above build them, for the browser: a folder with its upload, its list, and a form that picks."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from assurance.urls import urlpatterns as real_urls
from companies.queries import actor_of
from evidence.queries import get_folder_for, list_documents_for

PAGE = """{% extends "base_app.html" %}{% load static layout evidence %}
{% block title %}Folder{% endblock %}
{% block scripts %}<script src="{% static "upload.js" %}" defer></script>{% endblock %}
{% block content %}
{% page_header "Folder" %}{% endpage_header %}
{% card title="Documents" id="documents" %}{% document_list folder documents %}{% document_upload folder %}{% endcard %}
{% card title="Ready" %}<form method="get" id="ready">
{% document_picker folder documents "packed" "product_photo" "Photos of the packed goods" %}
<button class="btn btn-primary">Declare ready</button></form>{% endcard %}
{% endblock %}"""


@login_required
def folder_page(request: HttpRequest, reference: str) -> HttpResponse:
    by = actor_of(request)
    folder = get_folder_for(by, reference)
    context = {"folder": folder, "documents": list_documents_for(by, folder.pk)}
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


urlpatterns = [path("folders/<slug:reference>/", folder_page), *real_urls]
