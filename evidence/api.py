"""Documents for programs, and for `static/upload.js`. Beginning and completing are idempotent by what they say."""

from django.http import HttpResponseRedirect
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from companies.queries import actor_of
from core import clock
from core.actions import carry_out
from core.actors import Actor
from evidence import exchanges, queries
from evidence.actions import record_view, withdraw_upload
from evidence.serializers import BeginSerializer, DocumentListSerializer, DocumentSerializer, PartsSerializer


def actor(request: Request) -> Actor:
    return actor_of(request, "api")  # type: ignore[arg-type]


class DocumentListView(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("folder", str, required=True)],
        responses=DocumentListSerializer,
        tags=["documents"],
    )
    def get(self, request: Request) -> Response:
        """What the caller may see in a folder, newest first."""
        by = actor(request)
        folder = queries.get_folder_for(by, request.query_params.get("folder", ""))
        return Response({"results": DocumentSerializer(queries.list_documents_for(by, folder.pk), many=True).data})

    @extend_schema(request=BeginSerializer, responses={201: DocumentSerializer}, tags=["documents"])
    def post(self, request: Request) -> Response:
        """Begin an upload, or find the one that broke off."""
        form = BeginSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        by, claim = actor(request), dict(form.validated_data)
        folder = queries.get_folder_for(by, claim.pop("folder"))
        document = exchanges.start_upload(folder_id=folder.pk, by=by, at=clock.now(), **claim)
        return Response(DocumentSerializer(document).data, status=status.HTTP_201_CREATED)


class DocumentView(APIView):
    @extend_schema(responses=DocumentSerializer, tags=["documents"])
    def get(self, request: Request, reference: str) -> Response:
        return Response(DocumentSerializer(queries.get_document_for(actor(request), reference)).data)


class DocumentPartsView(APIView):
    @extend_schema(request=None, responses=PartsSerializer, tags=["documents"])
    def post(self, request: Request, reference: str) -> Response:
        """Which parts have arrived, and where to PUT the others within the hour. Ask again for fresh addresses."""
        by = actor(request)
        document = queries.get_document_for(by, reference)
        arrived, missing = exchanges.sign_parts(document=document, by=by)
        return Response(PartsSerializer({"arrived": arrived, "missing": missing}).data)


class DocumentCompleteView(APIView):
    @extend_schema(request=None, responses=DocumentSerializer, tags=["documents"])
    def post(self, request: Request, reference: str) -> Response:
        """All parts are there: check the file, and seal or reject it. RECEIVED means that the check comes later."""
        by = actor(request)
        document = queries.get_document_for(by, reference)
        return Response(DocumentSerializer(exchanges.finish_upload(document=document, by=by, at=clock.now())).data)


class DocumentCancelView(APIView):
    @extend_schema(request=None, responses=DocumentSerializer, tags=["documents"])
    def post(self, request: Request, reference: str) -> Response:
        """Give up an unfinished upload."""
        by = actor(request)
        document = queries.get_document_for(by, reference)
        document = carry_out(withdraw_upload, document_id=document.pk, by=by, at=clock.now())
        return Response(DocumentSerializer(document).data)


class DocumentDownloadView(APIView):
    @extend_schema(request=None, responses={302: None}, tags=["documents"])
    def get(self, request: Request, reference: str) -> HttpResponseRedirect:
        """A redirect to the store, good for two minutes. It is recorded."""
        by = actor(request)
        document = queries.get_document_for(by, reference)
        carry_out(record_view, document_id=document.pk, by=by, at=clock.now())
        return HttpResponseRedirect(queries.download_url(document), headers={"Cache-Control": "no-store"})
