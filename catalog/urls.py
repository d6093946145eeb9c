from django.urls import path

from catalog import api, pages

urlpatterns = [
    path("products/", pages.product_list, name="product-list"),
    path("products/new/", pages.product_new, name="product-new"),
    path("products/<slug:reference>/", pages.product_edit, name="product"),
    path("products/<slug:reference>/archive/", pages.product_archive, name="product-archive"),
    path("products/<slug:reference>/restore/", pages.product_restore, name="product-restore"),
    path("api/v1/products/", api.ProductListView.as_view(), name="api-product-list"),
    path("api/v1/products/<slug:reference>/", api.ProductView.as_view(), name="api-product"),
]
