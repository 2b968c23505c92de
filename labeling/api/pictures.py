"""Pictures: the pages' own views, opened by a token as well."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from labeling.api.views import LeadView, ProjectView, as_page_request
from labeling.image_store import SIZES
from labeling.views.images import image, lead_image

JPEG_OR_PNG = {(200, "image/jpeg"): OpenApiResponse(OpenApiTypes.BINARY, "The picture."), (200, "image/png"): OpenApiTypes.BINARY}
SIZE = OpenApiParameter("size", str, OpenApiParameter.PATH, enum=list(SIZES))


class PictureView(ProjectView):
    """A picture of a card."""

    @extend_schema(parameters=[SIZE], responses=JPEG_OR_PNG)
    def get(self, request: Request, slug: str, assignment: UUID, role: str, number: int, size: str) -> HttpResponseBase:
        """A picture of a card I have or had; cards say its address."""
        return image(as_page_request(request), slug, assignment, role, number, size)


class LeadPictureView(LeadView):
    """A picture of the project."""

    @extend_schema(parameters=[SIZE], responses=JPEG_OR_PNG)
    def get(self, request: Request, slug: str, sha256: str, size: str) -> HttpResponseBase:
        """A picture of the project by the SHA-256 of its original."""
        return lead_image(as_page_request(request), slug, sha256, size)
