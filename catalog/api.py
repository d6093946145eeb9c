"""Products for programs: read, so that an order can be drafted from them."""

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Product
from catalog.queries import get_product_for, products_page
from catalog.serializers import ProductPageSerializer, ProductSerializer
from companies.queries import actor_of
from core.api import cursor_id, page_size, with_version
from core.errors import NotFound

PARAMETERS = [
    OpenApiParameter("cursor", str, description="The next_cursor of the page before."),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
    OpenApiParameter("q", str, description="Part of a name."),
]


class ProductListView(APIView):
    @extend_schema(parameters=PARAMETERS, responses=ProductPageSerializer, tags=["products"])
    def get(self, request: Request) -> Response:
        """The live products of your company, newest first."""
        by = actor_of(request, "api")  # type: ignore[arg-type]
        if by.company_id is None:
            raise NotFound
        cursor_id(Product.objects.filter(company_id=by.company_id), request)  # Raises Invalid for one of nobody.
        cursor = request.query_params.get("cursor", "")
        search = request.query_params.get("q", "")[:100]
        products, following = products_page(by.company_id, search=search, cursor=cursor, most=page_size(request))
        prefetch_related_objects(products, "requirements")
        return Response(ProductPageSerializer({"results": products, "next_cursor": following or None}).data)


class ProductView(APIView):
    @extend_schema(responses=ProductSerializer, tags=["products"])
    def get(self, request: Request, reference: str) -> Response:
        by = actor_of(request, "api")  # type: ignore[arg-type]
        return with_version(Response(ProductSerializer(get_product_for(by, reference)).data))
