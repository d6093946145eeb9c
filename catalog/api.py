"""Products for programs: read, so that an order can be drafted from them."""

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.queries import get_product_for, products_page
from catalog.serializers import ProductPageSerializer, ProductSerializer
from companies.queries import actor_of
from core.errors import Invalid, NotFound


class ProductListView(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("after", int), OpenApiParameter("q", str)],
        responses=ProductPageSerializer,
        tags=["products"],
    )
    def get(self, request: Request) -> Response:
        """The live products of the caller's company, newest first, fifty at a time."""
        by = actor_of(request, "api")  # type: ignore[arg-type]
        if by.company_id is None:
            raise NotFound
        cursor = request.query_params.get("after", "")
        if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise Invalid(fields={"after": "Give the cursor of the page before."})
        search = request.query_params.get("q", "")[:100].replace("\0", "")
        products, following = products_page(by.company_id, search=search, older_than=int(cursor) if cursor else None)
        prefetch_related_objects(products, "requirements")
        return Response(ProductPageSerializer({"next": following, "results": products}).data)


class ProductView(APIView):
    @extend_schema(responses=ProductSerializer, tags=["products"])
    def get(self, request: Request, reference: str) -> Response:
        by = actor_of(request, "api")  # type: ignore[arg-type]
        return Response(ProductSerializer(get_product_for(by, reference)).data)
