"""What a lead says about one thing of the inbox."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.data_in.problem import ImportProblem
from labeling.image_store import keep_image
from labeling.images import MAX_BYTES
from labeling.protocol.submission import NOTE_LIMIT

REASON_LIMIT = 300


class ReplyForm(forms.Form):
    """The reply to a flag."""

    reply = forms.CharField(
        label=gettext_lazy("Reply"),
        max_length=NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Write a reply.")},
    )


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=REASON_LIMIT, error_messages={"required": gettext_lazy("Say why.")})


class ReplaceForm(ReasonForm):
    """Another image for a candidate, with the reason."""

    image = forms.FileField(
        label=gettext_lazy("New image"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        error_messages={"required": gettext_lazy("Choose an image.")},
    )
    field_order = ["image", "reason"]

    def clean_image(self) -> UploadedFile[bytes]:
        """Refuse what is too large before it is read."""
        upload: UploadedFile[bytes] = self.cleaned_data["image"]
        if upload.size is not None and upload.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than %(limit)d MB.") % {"limit": MAX_BYTES // 1024**2}, code="too_large")
        return upload

    def clean(self) -> dict[str, Any]:
        """Store the picture once everything else is right; it is refused where an import would refuse it."""
        data = super().clean() or {}
        if not self.errors:
            try:
                data["image"] = keep_image(data["image"].read())
            except ImportProblem as problem:
                self.add_error("image", str(problem))
        return data
