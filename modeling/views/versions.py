"""One version: its card, figures, charts, gate and lineage; promoting it; and two versions side by side."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.frame import send_csv
from modeling.card import make_card
from modeling.forms.promote import PromoteForm
from modeling.lead.compare import COMPARE_COLUMNS, compare, list_compare_cells
from modeling.lead.figures import KINDS
from modeling.lead.gate import COMPARISON_COLUMNS, Gate, read_gate
from modeling.lead.metric_charts import (
    BIN_COLUMNS,
    LEARNING_COLUMNS,
    draw_learning,
    draw_reliability,
    list_bin_cells,
    list_bins,
    list_learning,
    list_learning_cells,
)
from modeling.lead.metrics import (
    CONCEPT_COLUMNS,
    METRIC_COLUMNS,
    group_rows,
    list_concept_cells,
    list_concepts,
    list_metric_cells,
    list_rows,
)
from modeling.lead.registry import VersionRow
from modeling.lead.registry import list_rows as tell_versions
from modeling.lead.words import CALIBRATIONS, FUSIONS, PRESETS, name_of
from modeling.models import ModelVersion, Promotion
from modeling.protocol.registry import FEWEST_LETTERS, judge_again, list_ancestors, list_versions, promote
from modeling.views.frame import get_version, render_modeling, send_plot


@require_GET
@members_only("is_lead")
def model_version(request: MemberRequest, version: UUID) -> HttpResponse:
    """One version with all that is known about it."""
    return render_version(request, get_version(request, version), PromoteForm(label_suffix=""))


def render_version(request: MemberRequest, found: ModelVersion, form: PromoteForm, status: int = 200) -> HttpResponse:
    """The page of a version, with the form that promotes it."""
    run = found.run
    calibration = run.metrics.get("calibration") or {}
    groups, learned = group_rows(list_rows(run)), list_learning(run)
    context: dict[str, Any] = {
        "row": tell_version(request, found),
        "form": form,
        "about": PRESETS[run.preset],
        "fewest_letters": FEWEST_LETTERS,
        "counts": run.metrics.get("n") or {},
        "fusion": name_of(FUSIONS, run.metrics.get("fusion", "")),
        "tried": [(name_of(FUSIONS, each["fusion"]), each["val_log_loss"]) for each in run.metrics.get("fusion_tried", [])],
        "calibration": calibration,
        "calibration_name": name_of(CALIBRATIONS, calibration.get("method", "")),
        "whole": groups[0] if groups else None,
        "slices": groups[1:],
        "kinds": KINDS.values(),
        "concepts": list_concepts(run),
        "bins": list_bins(run),
        "reliability": draw_reliability(run),
        "learning_rows": learned,
        "has_learning_intervals": all(row.auc.low is not None for row in learned),
        "learning": draw_learning(run),
        "line": list_line(found),
        "children": found.children.order_by("pk"),
        "promotions": list_promotions(found),
        "others": list_versions(request.project).exclude(pk=found.pk),
    }
    return render_modeling(request, "version.html", status, **context)


def tell_version(request: MemberRequest, found: ModelVersion) -> VersionRow:
    """A version as the registry tells it."""
    return tell_versions([found], request.project)[0]


def list_promotions(found: ModelVersion) -> list[tuple[Promotion, Gate]]:
    """When it was promoted, brought back or taken out of use by a roll-back, the newest first, each with the verdict of its gate then."""
    left = Q(kind=Promotion.Kind.ROLLED_BACK, former=found.name)
    rows = Promotion.objects.filter(Q(version=found) | left, project=found.project).select_related("created_by").order_by("-pk")
    return [(promotion, read_gate(promotion.gate)) for promotion in rows]


def list_line(found: ModelVersion) -> list[ModelVersion]:
    """The versions it comes from, nearest first."""
    names = list_ancestors(found)
    known = {version.name: version for version in list_versions(found.project).filter(name__in=names)}
    return [known[name] for name in names]


@require_GET
@members_only("is_lead")
def version_table(request: MemberRequest, version: UUID, part: str) -> HttpResponseBase:
    """One table of a version as CSV."""
    found = get_version(request, version)
    run, name = found.run, f"{request.project.slug}-{found.name}-{part}"
    if part == "metrics":
        return send_csv(name, METRIC_COLUMNS, list_metric_cells(list_rows(run)))
    if part == "concepts":
        return send_csv(name, CONCEPT_COLUMNS, list_concept_cells(list_concepts(run)))
    if part == "reliability":
        return send_csv(name, BIN_COLUMNS, list_bin_cells(run))
    if part == "learning":
        return send_csv(name, LEARNING_COLUMNS, list_learning_cells(run))
    if part == "gate":
        gate = tell_version(request, found).gate
        rows = ([one.rival, one.log_loss, one.difference, one.low, one.high, one.is_better] for one in gate.comparisons)
        return send_csv(name, COMPARISON_COLUMNS, rows)
    raise Http404


@require_GET
@members_only("is_lead")
def version_chart(request: MemberRequest, version: UUID, chart: str) -> HttpResponse:
    """One chart of a version as an SVG file."""
    found = get_version(request, version)
    charts = {"reliability": draw_reliability, "learning": draw_learning}
    if chart not in charts:
        raise Http404
    return send_plot(request, f"{request.project.slug}-{found.name}-{chart}", charts[chart](found.run))


@require_GET
@members_only("is_lead")
def model_card(request: MemberRequest, version: UUID) -> HttpResponse:
    """The model card as a file."""
    found = get_version(request, version)
    return send_text(f"{request.project.slug}-{found.name}-card.md", make_card(found), "text/markdown; charset=utf-8")


@require_GET
@members_only("is_lead")
def model_config(request: MemberRequest, version: UUID) -> HttpResponse:
    """The whole configuration as a file."""
    found = get_version(request, version)
    response = JsonResponse(found.run.shown_config, json_dumps_params={"ensure_ascii": False, "indent": 2, "sort_keys": True})
    response.headers["Content-Disposition"] = f'attachment; filename="{request.project.slug}-{found.name}-config.json"'
    return response


def send_text(name: str, text: str, content_type: str) -> HttpResponse:
    """A text as a file to keep."""
    response = HttpResponse(text, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@members_only("is_lead")
def promote_version(request: MemberRequest, version: UUID) -> HttpResponse:
    """Put a version to use once its suggestions are there; back to the page with the reason where that is refused."""
    found = get_version(request, version)
    form = PromoteForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            promote(found, request.user, form.cleaned_data["reason"])
        except ProtocolError as error:
            form.add_error("reason", str(error))
        else:
            messages.success(
                request, _("%(version)s is promoted. People see what it says once that is computed.") % {"version": found.name}
            )
            return redirect("modeling:models", request.project.slug)
    return render_version(request, found, form, 422)


@require_POST
@members_only("is_lead")
def judge_version(request: MemberRequest, version: UUID) -> HttpResponse:
    """Have the gate computed against the version in use now."""
    try:
        job = judge_again(get_version(request, version), request.user)
    except ProtocolError as error:
        messages.error(request, str(error))
        return redirect("modeling:model_version", request.project.slug, version)
    return redirect("labeling:job", request.project.slug, job.public_id)


@require_GET
@members_only("is_lead")
def compare_versions(request: MemberRequest, version: UUID) -> HttpResponse:
    """Two versions side by side; without `with` in the address the other one can be chosen."""
    one, other = get_version(request, version), read_other(request)
    found = compare(tell_version(request, one), tell_version(request, other)) if other else None
    context: dict[str, Any] = {
        "one": one,
        "other": other,
        "others": list_versions(request.project).exclude(pk=one.pk),
        "found": found,
        "sides": [found.one, found.other] if found else [],
    }
    return render_modeling(request, "compare.html", **context)


@require_GET
@members_only("is_lead")
def compare_table(request: MemberRequest, version: UUID) -> HttpResponseBase:
    """The figures of two versions as CSV."""
    one, other = get_version(request, version), read_other(request)
    if other is None:
        raise Http404
    found = compare(tell_version(request, one), tell_version(request, other))
    return send_csv(f"{request.project.slug}-{one.name}-{other.name}", COMPARE_COLUMNS, list_compare_cells(found))


def read_other(request: MemberRequest) -> ModelVersion | None:
    """The version that the address names beside the first; None where it names none. Raises Http404 for one that is not there."""
    if not request.GET.get("with"):
        return None
    try:
        return get_version(request, UUID(request.GET["with"]))
    except ValueError as wrong:
        raise Http404 from wrong
