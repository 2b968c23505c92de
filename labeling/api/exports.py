"""Starting exports, those there are, and their files."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import read_form, shape_of
from labeling.api.jobs import JobShape
from labeling.api.paging import PageQuery, page_of, write_page
from labeling.api.shapes import Shape
from labeling.api.views import LeadView, as_page_request
from labeling.data_out.formats import FORMATS
from labeling.data_out.job import KIND
from labeling.data_out.manifest import MANIFEST
from labeling.forms.exports import ExportForm
from labeling.jobs.queue import create_job
from labeling.models import Export
from labeling.views.exports import export_file

NewExport = shape_of(ExportForm, "NewExport")
RANGE = OpenApiParameter(
    "Range", str, OpenApiParameter.HEADER, description="One range of bytes, as in `bytes=1000-`, to go on with a download."
)
DATA = OpenApiTypes.BINARY
ANSWERS = {
    200: "The whole file; its ETag is the SHA-256 of the manifest.",
    206: "The part that `Range` asks for.",
    304: "You have it already (`If-None-Match`).",
    416: "The file has no such part.",
}
# The media type is that of the format.
MEDIA_TYPES = sorted({form.content_type for form in FORMATS.values()})
FILE_RESPONSES = {(code, kind): OpenApiResponse(DATA, said) for code, said in ANSWERS.items() for kind in MEDIA_TYPES}


class ExportShape(Shape):
    """A finished export, as of its cut-off event."""

    id = serializers.UUIDField(source="public_id")
    format = serializers.CharField()
    created_at = serializers.DateTimeField()
    cutoff_event = serializers.IntegerField(source="cutoff_event_id", allow_null=True)
    rows = serializers.IntegerField(source="manifest.rows")
    bytes = serializers.IntegerField(source="manifest.bytes")
    sha256 = serializers.CharField(source="manifest.sha256")
    counts = serializers.DictField(child=serializers.IntegerField(), source="manifest.counts")


class ExportsView(LeadView):
    """The exports of a project."""

    starts_work = True

    @extend_schema(parameters=[PageQuery], responses=page_of(ExportShape))
    def get(self, request: Request, slug: str) -> Response:
        """The exports that are done, newest first."""
        return Response(write_page(request, Export.objects.filter(project=self.project), ExportShape, newest_first=True))

    @extend_schema(request=NewExport, responses={202: JobShape})
    def post(self, request: Request, slug: str) -> Response:
        """Start an export; its job says when it is done and which export it made."""
        chosen = read_form(request, ExportForm, NewExport).cleaned_data["format"]
        job = create_job(self.project, KIND, {"format": chosen}, self.person)
        return Response(JobShape.write(job), status=status.HTTP_202_ACCEPTED)


class OneExport(LeadView):
    """What the views of one export share."""

    def find(self, export: UUID) -> Export:
        """An export of this project; raises Http404."""
        found = Export.objects.filter(project=self.project, public_id=export).first()
        if found is None:
            raise Http404
        return found


class ExportView(OneExport):
    """One export."""

    @extend_schema(responses=ExportShape)
    def get(self, _request: Request, slug: str, export: UUID) -> Response:
        """What is in an export."""
        return Response(ExportShape.write(self.find(export)))


class ManifestView(OneExport):
    """The manifest of an export."""

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str, export: UUID) -> HttpResponseBase:
        """The manifest: what is in the file, as of when, by which code, and what is incomplete."""
        return export_file(as_page_request(request), slug, export, MANIFEST)


class DataView(OneExport):
    """The file of an export."""

    @extend_schema(parameters=[RANGE], responses=FILE_RESPONSES)
    def get(self, request: Request, slug: str, export: UUID) -> HttpResponseBase:
        """The file itself, whole or in part."""
        return export_file(as_page_request(request), slug, export, self.find(export).manifest["file"])
