"""Background jobs, their reports, and imports."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import check_types, read_form, shape_of
from labeling.api.paging import PageQuery, page_of, write_page
from labeling.api.parsing import BoundedJSONParser
from labeling.api.shapes import Shape
from labeling.api.views import LeadView
from labeling.forms.imports import ImportForm, list_folders
from labeling.jobs.kinds import INNER
from labeling.jobs.queue import create_job, request_cancel
from labeling.lead.report import count_outcomes, filter_lines
from labeling.models import Job, JobLine
from labeling.views.lead.imports import make_params

Upload = shape_of(ImportForm, "ImportOfUpload", ("folder",), ("upload",))
Folder = shape_of(ImportForm, "ImportOfFolder", ("upload",), ("folder",))


class JobShape(Shape):
    """A background job. `total` is null while it is not known; `error` says why it failed; `counts` are the lines of its report."""

    id = serializers.UUIDField(source="public_id")
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=Job.State.values)
    dry_run = serializers.SerializerMethodField()
    attempt = serializers.IntegerField()
    done = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True)
    message = serializers.CharField(source="message_text", allow_blank=True)
    error = serializers.CharField(source="error_text", allow_blank=True)
    cancel_requested = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(source="created_by.username", allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    export = serializers.UUIDField(source="export.public_id", allow_null=True, help_text="The export it made.")

    def get_dry_run(self, job: Job) -> bool:
        """Whether it writes nothing."""
        return bool(job.params.get("dry_run"))


class JobDetail(JobShape):
    """A job with the lines of its report counted by outcome."""

    counts = serializers.SerializerMethodField()

    def get_counts(self, job: Job) -> dict[str, int]:
        """Lines by outcome."""
        return {outcome: count for outcome, _name, count in count_outcomes(job)}


class LineShape(Shape):
    """One line of a report: what became of one record, and why."""

    outcome = serializers.ChoiceField(choices=JobLine.Outcome.values)
    code = serializers.CharField(allow_blank=True)
    file = serializers.CharField(allow_blank=True)
    line = serializers.IntegerField(allow_null=True)
    record = serializers.CharField(allow_blank=True)
    field = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)


class JobQuery(PageQuery):
    """Which jobs."""

    state = serializers.ChoiceField(choices=Job.State.values, required=False)


class LineQuery(PageQuery):
    """Which lines of a report."""

    outcome = serializers.ChoiceField(choices=JobLine.Outcome.values, required=False)
    code = serializers.CharField(required=False, max_length=40)
    text = serializers.CharField(required=False, max_length=200, help_text="Found in the place, the code or the reason.")


class Folders(Shape):
    """What the server lets a lead import from."""

    folders = serializers.ListField(child=serializers.CharField())


class JobsView(LeadView):
    """The jobs of a project."""

    @extend_schema(parameters=[JobQuery], responses=page_of(JobShape))
    def get(self, request: Request, slug: str) -> Response:
        """Every job, newest first, but those that are parts of something larger, such as the batches of a judge run."""
        asked = check_types(JobQuery, request.query_params)
        jobs = Job.objects.filter(project=self.project, **({"state": asked["state"]} if "state" in asked else {})).exclude(kind__in=INNER)
        return Response(write_page(request, jobs.select_related("created_by", "export"), JobShape, newest_first=True))


class OneJob(LeadView):
    """What the views of one job share."""

    def find(self, job: UUID) -> Job:
        """A job of this project; raises Http404."""
        found = Job.objects.filter(project=self.project, public_id=job).select_related("created_by", "export").first()
        if found is None:
            raise Http404
        return found


class JobView(OneJob):
    """One job."""

    @extend_schema(responses=JobDetail)
    def get(self, _request: Request, slug: str, job: UUID) -> Response:
        """How far a job is, and what it came to."""
        return Response(JobDetail.write(self.find(job)))


class JobLinesView(OneJob):
    """The report of a job."""

    @extend_schema(parameters=[LineQuery], responses=page_of(LineShape))
    def get(self, request: Request, slug: str, job: UUID) -> Response:
        """The lines of the report, in their order."""
        asked = check_types(LineQuery, request.query_params)
        lines = filter_lines(self.find(job), {name: asked[name] for name in ("outcome", "code", "text") if name in asked})
        return Response(write_page(request, lines, LineShape))


class CancelView(OneJob):
    """Stopping a job."""

    @extend_schema(request=None, responses=JobDetail)
    def post(self, _request: Request, slug: str, job: UUID) -> Response:
        """Ask a job to stop at its next step; one that has ended stays as it is."""
        request_cancel(self.find(job).pk)
        return Response(JobDetail.write(self.find(job)))


class ImportsView(LeadView):
    """Imports."""

    parser_classes = [BoundedJSONParser, MultiPartParser]
    starts_work = True

    @extend_schema(parameters=[PageQuery], responses=page_of(JobShape))
    def get(self, request: Request, slug: str) -> Response:
        """The imports there were, newest first."""
        jobs = Job.objects.filter(project=self.project, kind__startswith="import_").select_related("created_by", "export")
        return Response(write_page(request, jobs, JobShape, newest_first=True))

    @extend_schema(request={"multipart/form-data": Upload, "application/json": Folder}, responses={202: JobShape})
    def post(self, request: Request, slug: str) -> Response:
        """Start an import of an uploaded file, or of a folder that the server allows; with `dry_run` it only reports."""
        form = read_form(request, ImportForm, Upload if request.FILES else Folder)
        job = create_job(self.project, f"import_{form.cleaned_data['what']}", make_params(form.cleaned_data), self.person)
        return Response(JobShape.write(job), status=status.HTTP_202_ACCEPTED)


class FoldersView(LeadView):
    """Where imports may come from."""

    @extend_schema(responses=Folders)
    def get(self, _request: Request, slug: str) -> Response:
        """Folders of the server that an import may name."""
        found: dict[str, Any] = {"folders": list_folders(settings.IMPORT_ROOTS)}
        return Response(Folders.write(found))
