"""Addresses of the customer list, the portfolio and the customer page."""

from django.urls import include, path, re_path, register_converter

from customers.addresses import CodeConverter
from customers.views import bulk, detail, exports, listing, merging, portfolio

register_converter(CodeConverter, "code")

app_name = "customers"
urlpatterns = [
    path("", listing.customer_list, name="list"),
    path("columns/", listing.choose_columns, name="columns"),
    re_path(r"^export/(?P<kind>csv|xlsx)/$", exports.export, name="export"),
    path("bulk/owner/", bulk.change_owner, name="reassign"),
    path("merging/duplicates/", merging.duplicates, name="duplicates"),
    path("merging/distinct/", merging.distinct, name="distinct"),
    path("merging/distinct/<int:pk>/again/", merging.ask_again, name="ask_again"),
    path("merging/pair/", merging.merge, name="merge"),
    path("portfolio/", portfolio.portfolio, name="portfolio"),
    path("portfolio/targets/", portfolio.targets, name="targets"),
    path("portfolio/proposals/", portfolio.accept_proposals, name="proposals"),
    path("tier/<code:code>/", detail.decide_tier, name="tier"),
    path("", include("customers.record_urls")),
    path("<code:code>/", detail.customer_page, name="detail"),
]
