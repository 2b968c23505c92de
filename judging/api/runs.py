"""Judge runs: planning, starting, watching, pausing and cancelling them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from judging.api.judges import OneJudge
from judging.api.shapes import RunDetail, RunShape
from judging.models import JudgeRun
from judging.protocol.limits import change_limit
from judging.protocol.runs import MOST_PARALLEL, cancel_run, find_run, pause_run, plan_run, start_run
from labeling.api.browse import Filter
from labeling.api.form_input import check_form, check_types
from labeling.api.paging import PageQuery, page_of, write_page
from labeling.api.shapes import StrictShape
from labeling.api.views import LeadView
from labeling.forms.browse import BrowseForm
from labeling.models import User


def amount(required: bool = True) -> serializers.DecimalField:
    """An amount of money that a run may spend."""
    return serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True, required=required)


class NewRun(StrictShape):
    """What to judge (`filter`, without it everything), and how. What the judge has said already is not asked again.

    The run is planned first and waits for `start/`, unless it `starts_at_once`.
    """

    filter = Filter(required=False, default=dict)
    parallel = serializers.IntegerField(required=False, default=1, min_value=1, max_value=MOST_PARALLEL)
    spend_limit_usd = amount(required=False)
    retries_unusable = serializers.BooleanField(required=False, default=False)
    starts_at_once = serializers.BooleanField(required=False, default=False)


class SpendLimit(StrictShape):
    """What a run may spend in all; null for no limit."""

    spend_limit_usd = amount()


class JudgeRunsView(OneJudge):
    """The runs of a judge."""

    starts_work = True

    @extend_schema(parameters=[PageQuery], responses=page_of(RunShape))
    def get(self, request: Request, slug: str, judge: UUID) -> Response:
        """Every run of the judge, newest first."""
        runs = JudgeRun.objects.filter(judge=self.find(judge)).select_related("judge", "created_by")
        return Response(write_page(request, runs, RunShape, newest_first=True))

    @extend_schema(request=NewRun, responses={202: RunDetail})
    def post(self, request: Request, slug: str, judge: UUID) -> Response:
        """Plan a run."""
        found, asked = self.find(judge), check_types(NewRun, request.data)
        wanted = check_form(BrowseForm(asked["filter"], self.project)).wanted()
        how = {name: asked[name] for name in ("parallel", "retries_unusable", "starts_at_once")}
        run = plan_run(found, self.person, wanted, spend_limit_usd=asked.get("spend_limit_usd"), **how)
        return Response(RunDetail.write(run), status=status.HTTP_202_ACCEPTED)


class OneRun(LeadView):
    """What the views of one run share."""

    def find(self, run: UUID) -> JudgeRun:
        """A run of this project; raises Http404."""
        found = find_run(self.project, str(run))
        if found is None:
            raise Http404
        return found

    def act(self, run: UUID, do: Callable[[JudgeRun, User], None]) -> Response:
        """Do something to a run, and tell how it is then."""
        do(self.find(run), self.person)
        return Response(RunDetail.write(self.find(run)))


class RunView(OneRun):
    """One run."""

    @extend_schema(responses=RunDetail)
    def get(self, _request: Request, slug: str, run: UUID) -> Response:
        """The plan of a run, how far it is, and what it came to."""
        return Response(RunDetail.write(self.find(run)))


class StartRunView(OneRun):
    """Starting."""

    @extend_schema(request=None, responses=RunDetail)
    def post(self, _request: Request, slug: str, run: UUID) -> Response:
        """Start a planned run, or go on with a paused one."""
        return self.act(run, start_run)


class PauseRunView(OneRun):
    """Pausing."""

    @extend_schema(request=None, responses=RunDetail)
    def post(self, _request: Request, slug: str, run: UUID) -> Response:
        """Stop for now; workers stop at their next reply."""
        return self.act(run, pause_run)


class CancelRunView(OneRun):
    """Cancelling."""

    @extend_schema(request=None, responses=RunDetail)
    def post(self, _request: Request, slug: str, run: UUID) -> Response:
        """End the run for good; what is stored stays."""
        return self.act(run, cancel_run)


class LimitRunView(OneRun):
    """The spend limit."""

    @extend_schema(request=SpendLimit, responses=RunDetail)
    def put(self, request: Request, slug: str, run: UUID) -> Response:
        """Change what the run may spend; one that was paused for it is started again by `start/`."""
        limit: Decimal | None = check_types(SpendLimit, request.data)["spend_limit_usd"]
        return self.act(run, lambda found, lead: change_limit(found, lead, limit))
