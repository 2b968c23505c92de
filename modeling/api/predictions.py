"""Asking a version about a brief and pictures."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.errors import Invalid, TooLarge
from labeling.api.form_input import check_types
from labeling.api.parsing import BoundedJSONParser
from labeling.api.shapes import Shape, StrictShape
from labeling.api.views import LeadView
from labeling.images import MAX_BYTES
from labeling.models import VERSION_LENGTH, Job
from modeling.api.shapes import PredictionShape
from modeling.net.asking import PRICE_USD
from modeling.net.records import CATEGORIES
from modeling.predicting import MOST_REFERENCES, PREDICT, PREDICT_ON_GPU, Question, WrongPicture, ask_version

LONGEST_BRIEF = 20_000


def order_fields() -> dict[str, Any]:
    """The fields of an order."""
    return {
        "brief": serializers.CharField(max_length=LONGEST_BRIEF),
        "price_usd": serializers.FloatField(required=False, default=PRICE_USD, min_value=0.01, max_value=10**9),
        "category": serializers.ChoiceField(choices=CATEGORIES, required=False, default=CATEGORIES[-1]),
        "quantity": serializers.IntegerField(required=False, default=1, min_value=1, max_value=255),
        "version": serializers.CharField(required=False, default="", allow_blank=True, max_length=VERSION_LENGTH),
    }


class Base64Image(serializers.CharField):
    """A JPEG, PNG or WebP file in base64."""

    def to_internal_value(self, data: Any) -> Any:
        """The bytes."""
        try:
            return base64.b64decode(super().to_internal_value(data), validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError(_("This is not base64.")) from None


class AskedInJson(StrictShape):
    """An order and pictures in base64; without `version` the one in use is asked. Larger pictures are sent as a form."""

    brief, price_usd, category, quantity, version = order_fields().values()
    image = Base64Image()
    references = serializers.ListField(child=Base64Image(), required=False, default=list, max_length=MOST_REFERENCES)
    source = Base64Image(required=False, allow_null=True, default=None)  # type: ignore[assignment]


class AskedInForm(Shape):
    """The same as a form with files."""

    brief, price_usd, category, quantity, version = order_fields().values()
    image = serializers.FileField()
    references = serializers.ListField(child=serializers.FileField(), required=False, default=list, max_length=MOST_REFERENCES)
    source = serializers.FileField(required=False, default=None)  # type: ignore[assignment]


class PredictView(LeadView):
    """Asking."""

    parser_classes = [BoundedJSONParser, MultiPartParser]
    starts_work = True

    @extend_schema(request={"application/json": AskedInJson, "multipart/form-data": AskedInForm}, responses={202: PredictionShape})
    def post(self, request: Request, slug: str) -> Response:
        """Ask a version for the probability that a client accepts an image; a worker answers, at the address of the prediction."""
        asked = check_types(AskedInForm if request.FILES else AskedInJson, request.data)
        name = asked.pop("version")
        pictures = {"image": read(asked["image"]), "references": list(map(read, asked["references"]))}
        source = read(asked["source"]) if asked["source"] else None
        try:
            job = ask_version(self.project, self.person, Question(**{**asked, **pictures, "source": source}), name)
        except WrongPicture as problem:
            raise Invalid({problem.role: [str(problem)]}) from problem
        return Response(PredictionShape.write(job), status=status.HTTP_202_ACCEPTED)


def read(sent: bytes | UploadedFile[bytes]) -> bytes:
    """The bytes of a picture; raises TooLarge before a file that no import would take is read."""
    if isinstance(sent, bytes):
        return sent
    if (sent.size or 0) > MAX_BYTES:
        raise TooLarge
    data: bytes = sent.read()
    return data


class PredictionView(LeadView):
    """One answer."""

    @extend_schema(responses=PredictionShape)
    def get(self, _request: Request, slug: str, job: UUID) -> Response:
        """What was said, once a worker has answered."""
        found = Job.objects.filter(project=self.project, public_id=job, kind__in=[PREDICT, PREDICT_ON_GPU]).first()
        if found is None:
            raise Http404
        return Response(PredictionShape.write(found))
