"""The registry: versions, their gates, promoting and going back."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import check_types
from labeling.api.jobs import JobShape
from labeling.api.shapes import StrictShape
from labeling.api.views import LeadView
from labeling.models import Project
from modeling.api.shapes import ModelCardShape, ModelsState, PromotionShape, TrainedVersionDetail, TrainedVersions, TrainedVersionShape
from modeling.card import make_card
from modeling.models import DriftLook, ModelVersion
from modeling.protocol.registry import find_former, find_version, find_waiting, judge_again, list_versions, promote, roll_back


class PromotionReason(StrictShape):
    """Why a version is promoted though its gate does not let it pass; not needed where it does."""

    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class ModelsView(LeadView):
    """What speaks now."""

    @extend_schema(responses=ModelsState)
    def get(self, _request: Request, slug: str) -> Response:
        """The version in use, what is under way, and how it does on new blind labels."""
        return Response(ModelsState.write(tell_state(self.project)))


def tell_state(project: Project) -> dict[str, object]:
    """What `ModelsState` writes."""
    looks = DriftLook.objects.filter(project=project, model_version=project.model_version).order_by("-pk")
    return {
        "version_in_use": project.model_version,
        "former": find_former(project),
        "waiting": find_waiting(project),
        "drift": looks.first() if project.model_version else None,
    }


class TrainedVersionsView(LeadView):
    """The versions of a project."""

    @extend_schema(responses=TrainedVersions)
    def get(self, _request: Request, slug: str) -> Response:
        """Every version that was trained here, the newest first."""
        return Response({"results": TrainedVersionShape.write_all(list_versions(self.project).select_related("project"))})


class OneVersion(LeadView):
    """What the views of one version share."""

    def find(self, version: UUID) -> ModelVersion:
        """A version of this project; raises Http404."""
        found = find_version(self.project, version)
        if found is None:
            raise Http404
        return found


class TrainedVersionView(OneVersion):
    """One version."""

    @extend_schema(responses=TrainedVersionDetail)
    def get(self, _request: Request, slug: str, version: UUID) -> Response:
        """A version with its gate, its figures and its line."""
        return Response(TrainedVersionDetail.write(self.find(version)))


class ModelCardView(OneVersion):
    """The model card."""

    @extend_schema(responses=ModelCardShape)
    def get(self, _request: Request, slug: str, version: UUID) -> Response:
        """What a version is, in Markdown."""
        return Response(ModelCardShape.write({"markdown": make_card(self.find(version))}))


class PromoteView(OneVersion):
    """Promoting."""

    starts_work = True

    @extend_schema(request=PromotionReason, responses={202: PromotionShape})
    def post(self, request: Request, slug: str, version: UUID) -> Response:
        """Let a version speak once its suggestions are computed; until then people see those of the version before."""
        asked = check_types(PromotionReason, request.data)
        promotion = promote(self.find(version), self.person, asked["reason"])
        return Response(PromotionShape.write(promotion), status=status.HTTP_202_ACCEPTED)


class JudgeVersionView(OneVersion):
    """Judging anew."""

    starts_work = True

    @extend_schema(request=None, responses={202: JobShape})
    def post(self, _request: Request, slug: str, version: UUID) -> Response:
        """Compute the gate of a version against the one in use now."""
        return Response(JobShape.write(judge_again(self.find(version), self.person)), status=status.HTTP_202_ACCEPTED)


class RollBackView(LeadView):
    """Going back."""

    @extend_schema(request=None, responses=PromotionShape)
    def post(self, _request: Request, slug: str) -> Response:
        """Bring back the version that was in use before; what it has said is shown at once."""
        return Response(PromotionShape.write(roll_back(self.project, self.person)))
