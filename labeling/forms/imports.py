"""Starting an import: what, from where, and whether only to look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SUFFIXES = {"bench": {".zip"}, "candidates": {".zip"}, "labels": {".jsonl", ".json"}, "suggestions": {".jsonl"}}
OFFERED_AT_MOST = 200


class ImportForm(forms.Form):
    """One import: its kind, an upload or a folder of the server, and `dry_run` to write nothing."""

    what = forms.ChoiceField(
        label=gettext_lazy("What"),
        choices=[
            ("bench", gettext_lazy("Tasks (ServImageBench)")),
            ("candidates", gettext_lazy("Candidates")),
            ("labels", gettext_lazy("Labels made elsewhere")),
            ("suggestions", gettext_lazy("Suggestions of a model")),
        ],
        initial="bench",
        widget=forms.RadioSelect,
    )
    upload = forms.FileField(
        label=gettext_lazy("File"), required=False, widget=forms.FileInput(attrs={"accept": ".zip,.jsonl,.json"}), max_length=255
    )
    folder = forms.CharField(
        label=gettext_lazy("Folder of the server"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("The field offers the folders there are; a path below one of them can be typed, too."),
        widget=forms.TextInput(attrs={"list": "import-folders", "autocomplete": "off", "spellcheck": "false"}),
    )
    dry_run = forms.BooleanField(label=gettext_lazy("Dry run: only report what would happen, write nothing"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.IMPORT_ROOTS:
            del self.fields["folder"]

    def clean_upload(self) -> UploadedFile[bytes] | None:
        """Refuse a file that cannot be what is imported; what is in it is for the import to say."""
        upload: UploadedFile[bytes] | None = self.cleaned_data["upload"]
        wanted = SUFFIXES.get(self.cleaned_data.get("what", ""), set())
        suffix = Path(upload.name or "").suffix.lower() if upload else ""
        if upload and wanted and suffix not in wanted:
            raise forms.ValidationError(say_wrong_type(suffix, wanted), code="wrong_type")
        return upload

    def clean_folder(self) -> Path | None:
        """The folder or file, which must lie in one of the allowed roots after every link in it is followed."""
        path: str = self.cleaned_data["folder"].strip()
        if not path:
            return None
        found = find_allowed(path, settings.IMPORT_ROOTS)
        if found is None:
            raise forms.ValidationError(_("The server may not read this, or it is not there."), code="not_allowed")
        return found

    def clean(self) -> dict[str, Any]:
        """Exactly one source."""
        data = super().clean() or {}
        if not self.errors and bool(data.get("upload")) == bool(data.get("folder")):
            text = _("Choose a file or a folder, not both.") if data.get("upload") else self.say_none()
            raise forms.ValidationError(text, code="source")
        return data

    def say_none(self) -> str:
        """What is missing where nothing was chosen."""
        return _("Choose a file or name a folder.") if "folder" in self.fields else _("Choose a file.")


class LineFilterForm(forms.Form):
    """Which lines of a report to show."""

    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), required=False)
    code = forms.ChoiceField(label=gettext_lazy("Problem"), required=False)
    text = forms.CharField(label=gettext_lazy("Contains"), required=False, max_length=200)

    def __init__(self, data: Any, outcomes: list[tuple[str, str, int]], codes: list[tuple[str, int]]) -> None:
        super().__init__(data)
        any_one = [("", _("all"))]
        self.choices("outcome", any_one + [(outcome, f"{name} ({count})") for outcome, name, count in outcomes])
        self.choices("code", any_one + [(code, f"{code} ({count})") for code, count in codes])

    def choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Offer only what the report has."""
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def wanted(self) -> dict[str, str]:
        """The filter; what makes no sense for this report is left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def say_wrong_type(suffix: str, wanted: set[str]) -> str:
    """Why a file cannot be what was chosen, and what it may be."""
    text = _("A file of type %(types)s is wanted.") % {"types": ", ".join(sorted(wanted))}
    more = ""
    if suffix == ".zip":
        more = _("A zip archive holds tasks or candidates: choose one of these above.")
    elif suffix in SUFFIXES["labels"]:
        more = _("A .jsonl or .json file holds labels or suggestions: choose one of these above, or pack it with its images.")
    return f"{text} {more}".strip()


def find_allowed(path: str, roots: list[Path]) -> Path | None:
    """`path` (absolute, or relative to a root) where it exists within one of `roots`, links followed; None otherwise."""
    for root in roots:
        try:
            real = (root / path).resolve()
            if real.is_relative_to(root.resolve()) and real.exists():
                return real
        # resolve() raises RuntimeError for a loop of links and ValueError for a NUL.
        except (OSError, RuntimeError, ValueError):
            continue
    return None


def list_folders(roots: list[Path]) -> list[str]:
    """The roots and the folders and label files directly below them, to choose from."""
    found: list[str] = []
    for root in roots:
        if root.is_dir():
            below = (entry for entry in root.iterdir() if not entry.name.startswith("."))
            found += [str(root), *sorted(str(entry) for entry in below if entry.is_dir() or entry.suffix in (".jsonl", ".zip"))]
    return found[:OFFERED_AT_MOST]
