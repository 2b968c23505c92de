"""Making a project, its settings, and its guideline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from labeling.models import Project
from labeling.protocol.projects import SETTINGS

# The class takes its parameter in the type checker only.
if TYPE_CHECKING:
    ProjectModelForm = forms.ModelForm[Project]
else:
    ProjectModelForm = forms.ModelForm

GUIDELINE_LIMIT = 100_000
# A name written without Latin letters leaves nothing to make an address of.
FALLBACK_SLUG = "project"


class NewProjectForm(ProjectModelForm):
    """A name, and the address unless one is to be made from the name."""

    slug = forms.SlugField(
        label=_("Address"),
        max_length=60,
        required=False,
        help_text=_("Small letters, digits and hyphens; made from the name if empty. A name without Latin letters gives “project”."),
        error_messages={"invalid": _("Only letters of the Latin alphabet, digits, hyphens and underscores.")},
    )

    class Meta:
        model = Project
        fields = ["name", "slug"]
        error_messages = {"slug": {"unique": _("Another project has this address already.")}}

    def clean_slug(self) -> str:
        """The address asked for, in small letters, or a free one made from the name."""
        asked: str = self.cleaned_data["slug"]
        return asked.lower() if asked else find_free_slug(slugify(self.cleaned_data.get("name", "")))


def find_free_slug(wanted: str) -> str:
    """`wanted`, or with the first number behind it that no project has."""
    stem = wanted[:50].strip("-") or FALLBACK_SLUG
    taken = set(Project.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (stem, *numbered) if slug not in taken)


# What each setting does, and for whom; templates/labeling/lead/about_settings.html says it at length.
HELP = {
    "name": _("How everybody sees the project in lists and mails. Its address stays."),
    "paused": _("For a break: annotators and adjudicators see that the project is paused."),
    "reasons_required": _("Annotators and adjudicators must say what is wrong before a reject is taken; an accept never needs a reason."),
    "lease_minutes": _("How long a candidate stays with an annotator who shows no sign of life; then somebody else is given it."),
    "undo_minutes": _("How long annotators may take back or change an answer. A dispute waits as long before an adjudicator sees it."),
    "policy": _(
        "Who sees what a model suggests before answering. Adjudicators never do. It decides whether two answers are independent, and "
        "whether you can measure what suggestions do to people."
    ),
    "control_share": _(
        "Of a hundred candidates, so many on which nobody sees a suggestion. They are what the rest is compared with: 20 is a good start, "
        "0 leaves nothing to compare. Until there are suggestions, it changes nothing."
    ),
    "stop_points": _(
        "Once it is certain that people who see suggestions are wrong more often by more than this, suggestions are switched off. "
        "Empty: never."
    ),
    "gold_share": _("Of a hundred images an annotator is given, so many have an answer that is known already. 0: none."),
    "repeat_share": _("Of a hundred images an annotator is given, so many are their own of a week ago or longer. 0: none."),
    "audit_share": _("Of a hundred candidates on which both agree, so many go to an adjudicator who cannot tell them from disputes."),
    "second_share": _("Of a hundred adjudications, so many are repeated by a second adjudicator who does not know of the first."),
}


class SettingsForm(ProjectModelForm):
    """The settings of a project. Hidden copies of the values shown tell what the lead changed, so that two leads can
    change different settings at the same time and neither takes the other's back."""

    class Meta:
        model = Project
        fields = list(SETTINGS)
        help_texts = HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True
        # Of a positive number Django says only that it may be 0; a lease may not.
        lease = self.fields["lease_minutes"]
        lease.validators = [*Project._meta.get_field("lease_minutes").validators]
        lease.widget.attrs["min"] = 1

    def changes(self) -> dict[str, Any]:
        """What the lead changed, by setting."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


class GuidelineForm(forms.Form):
    """The text of the next version of the guideline."""

    body = forms.CharField(label=_("Guideline"), max_length=GUIDELINE_LIMIT, required=False, widget=forms.Textarea(attrs={"rows": 14}))
    must_read = forms.BooleanField(label=_("Everybody reads it before taking new work"), required=False)
    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def clean_body(self) -> str:
        """The text with one kind of line end."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n")
