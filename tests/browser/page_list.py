"""Every address of the site: which are pages, who opens them, and which are no pages and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Page

from judging.api import urls as judging_api_urls
from judging.models import JudgeRun, Proposal
from labeling.api import urls as api_urls
from labeling.mail.addresses import SIGNER, make_confirmation_token
from labeling.models import Assignment, Batch, Candidate, Job, Project, SignInLink, User
from labeling.protocol.invitations import make_invitation
from labeling.protocol.members import Rights
from modeling.api import urls as modeling_api_urls
from modeling.models import ModelVersion

SLUG = "sample"
# A second project, with enough answers for figures.
MEASURED = "posters"
# A third one, whose suggestions were measured and switched off.
ASSISTED = "assisted"
# The task of the sample that a model was asked about.
JUDGED_TASK = "sample-digital-001"
# Answers that are no page: data, fragments, redirects, and addresses that only take what a form sends.
NO_PAGES = {
    "healthz",
    "readyz",
    "sign_out",
    "set_language",
    "labeling:session",
    "labeling:take",
    "labeling:answer",
    "labeling:undo",
    "labeling:skip",
    "labeling:flag",
    "labeling:keep",
    "labeling:leave",
    "labeling:read_replies",
    "labeling:read_guideline",
    "labeling:example_image",
    "labeling:adjudicate_take",
    "labeling:adjudicate_answer",
    "labeling:adjudicate_skip",
    "labeling:confirm",
    "labeling:image",
    "labeling:lead_image",
    "labeling:archive",
    "labeling:bring_back",
    "labeling:states_table",
    "labeling:throughput_table",
    "labeling:throughput_chart",
    "labeling:people_table",
    "labeling:measure_agreement",
    "labeling:agreement_table",
    "labeling:agreement_chart",
    "labeling:assistance_table",
    "labeling:assistance_chart",
    "labeling:keep_off",
    "labeling:control_table",
    "labeling:people_figures_table",
    "labeling:people_chart",
    "labeling:person_table",
    "labeling:person_chart",
    "labeling:close_concern",
    "labeling:own_table",
    "labeling:own_chart",
    "labeling:reply_concern",
    "labeling:hours_table",
    "labeling:add_member",
    "labeling:change_member",
    "labeling:limit_member",
    "labeling:remove_member",
    "labeling:make_link",
    "labeling:invite",
    "labeling:revoke_invitation",
    "labeling:add_example",
    "labeling:example_caption",
    "labeling:move_example",
    "labeling:remove_example",
    "labeling:reply_flag",
    "labeling:review_surplus",
    "labeling:review_contradiction",
    "labeling:accept_conflict",
    "labeling:dismiss_conflict",
    "labeling:candidates_table",
    "labeling:batches_table",
    "labeling:use_version",
    "labeling:draw_gold",
    "labeling:add_gold",
    "labeling:retire_gold",
    "labeling:review_gold",
    "labeling:release_lease",
    "labeling:release_person",
    "labeling:pause",
    "labeling:hold_candidate",
    "labeling:return_candidate",
    "labeling:withdraw_candidate",
    "labeling:reopen_candidate",
    "labeling:replace_image",
    "labeling:job_status",
    "labeling:cancel_job",
    "labeling:report_csv",
    "labeling:report_json",
    "labeling:export_file",
    "revoke_token",
    "judging:judges_table",
    "judging:start_baselines",
    "judging:judge_table",
    "judging:run_status",
    "judging:start_run",
    "judging:pause_run",
    "judging:cancel_run",
    "judging:limit_run",
    "judging:run_again",
    "judging:plan_table",
    "judging:calls_table",
    "judging:candidate_table",
    "judging:case_table",
    "judging:case_json",
    "judging:extract",
    "judging:accept_proposal",
    "judging:reject_proposal",
    "modeling:models_status",
    "modeling:models_table",
    "modeling:drift_table",
    "modeling:bring_version_back",
    "modeling:runs_table",
    "modeling:training_status",
    "modeling:cancel_training",
    "modeling:resume_training",
    "modeling:train_again",
    "modeling:training_table",
    "modeling:training_chart",
    "modeling:promote_version",
    "modeling:judge_version",
    "modeling:model_card",
    "modeling:model_config",
    "modeling:compare_table",
    "modeling:version_table",
    "modeling:version_chart",
    "modeling:snapshot_table",
    # What programs ask for, all but the page that describes it.
    *(f"api:{pattern.name}" for pattern in api_urls.urlpatterns if pattern.name != "documents"),
    *(f"api:{pattern.name}" for pattern in (*judging_api_urls.urlpatterns, *modeling_api_urls.urlpatterns)),
}


@dataclass(frozen=True, kw_only=True)
class SitePage:
    """One page: the account of the sample project that opens it (None: nobody is signed in), its address, and what is done there first."""

    person: str | None
    address: Callable[[], str]
    act: Callable[[Page], None] = lambda _page: None


def of(
    person: str | None,
    name: str,
    *find: Callable[[], object],
    slug: bool = True,
    act: Callable[[Page], None] = lambda _page: None,
    query: dict[str, str] | None = None,
) -> SitePage:
    """A page by route name; `find` gives its further arguments once the sample is loaded."""
    return SitePage(
        person=person, act=act, address=lambda: reverse(name, args=[*([SLUG] if slug else []), *(get() for get in find)], query=query)
    )


def held_by(username: str) -> Callable[[], object]:
    """The public id of what the person answered or holds."""
    return lambda: Assignment.objects.filter(person__username=username).exclude(status="released").latest("pk").public_id


def confirmed() -> object:
    """The public id of an adjudication of the sample that was submitted."""
    return Assignment.objects.filter(project__slug=SLUG, purpose="adjudication", status="submitted").latest("pk").public_id


def invited() -> object:
    """The token of an invitation to the sample."""
    lead = User.objects.get(username="lead")
    return make_invitation(Project.objects.get(slug=SLUG), lead, Rights(can_label=True), note="class of May", uses=20)[1]


def batch() -> object:
    """The public id of a batch of the sample."""
    return Batch.objects.get(project__slug=SLUG, number=1).public_id


def look_before_voiding(page: Page) -> None:
    """The dry run of voiding what an annotator answered."""
    page.get_by_label("Person").select_option(label="annotator")
    page.get_by_role("button", name="Look at what would happen").click()


def measured_person() -> User:
    """Somebody with figures."""
    return User.objects.get(username="posters-ada")


def judged() -> JudgeRun:
    """A run of the sample that asked a model and is done."""
    return JudgeRun.objects.filter(project__slug=SLUG, state="done", judge__backend="openai").latest("pk")


def judged_candidate() -> object:
    """The public id of a candidate that it asked about."""
    return Candidate.objects.filter(bundle__task__external_id=JUDGED_TASK).earliest("pk").public_id


def proposed() -> object:
    """The public id of a proposal that is to be decided."""
    return Proposal.objects.filter(project__slug=SLUG, state="open").earliest("pk").public_id


def trained() -> ModelVersion:
    """The newest version of the project whose suggestions are in use."""
    return ModelVersion.objects.filter(project__slug=ASSISTED).select_related("run__snapshot").latest("pk")


def model_address(name: str, *args: object, **query: str) -> str:
    """A page of its models."""
    return reverse(f"modeling:{name}", args=[ASSISTED, *args], query=query or None)


def compare_address() -> str:
    """Its newest version beside the oldest."""
    oldest = ModelVersion.objects.filter(project__slug=ASSISTED).earliest("pk")
    return model_address("compare_versions", trained().public_id, **{"with": str(oldest.public_id)})


def mail_link() -> object:
    """The token of a link that confirms an address."""
    return make_confirmation_token(User.objects.get(username="annotator"), "annotator@example.org", work=True, disputes=False)


def stop_link() -> object:
    """The token of a link that stops mail."""
    return SIGNER.sign(str(User.objects.get(username="annotator").public_id))


PAGES: dict[str, SitePage] = {
    "sign_in": of(None, "sign_in", slug=False),
    "use_link": of(None, "use_link", lambda: SignInLink.make(User.objects.get(username="annotator")), slug=False),
    "labeling:join": of(None, "labeling:join", invited, slug=False),
    "tokens": of("lead", "tokens", slug=False),
    "api:documents": of("lead", "api:documents", slug=False),
    "change_password": of("lead", "change_password", slug=False),
    "labeling:confirm_mail": of(None, "labeling:confirm_mail", mail_link, slug=False),
    "labeling:stop_mail": of(None, "labeling:stop_mail", stop_link, slug=False),
    "labeling:mail": of("annotator", "labeling:mail", slug=False),
    "labeling:home": of("lead", "labeling:home", slug=False),
    "labeling:keys": of("annotator", "labeling:keys", slug=False),
    "labeling:signed_in": of("annotator", "labeling:signed_in", slug=False),
    "labeling:label": of("annotator", "labeling:label"),
    "labeling:recent": of("annotator", "labeling:recent"),
    "labeling:card": of("annotator", "labeling:card", held_by("annotator")),
    "labeling:adjudicate": of("adjudicator", "labeling:adjudicate"),
    "labeling:reveal": of("adjudicator", "labeling:reveal", confirmed),
    "labeling:progress": of("annotator", "labeling:progress"),
    "labeling:guidelines": of("annotator", "labeling:guidelines"),
    "labeling:create_project": of("lead", "labeling:create_project", slug=False),
    "labeling:project": of("lead", "labeling:project"),
    "labeling:settings": of("lead", "labeling:settings"),
    "labeling:about_settings": of("lead", "labeling:about_settings"),
    "labeling:edit_guideline": of("lead", "labeling:edit_guideline"),
    "labeling:examples": of("lead", "labeling:examples"),
    "labeling:agreement": SitePage(person="lead", address=lambda: reverse("labeling:agreement", args=[MEASURED])),
    "labeling:assistance": SitePage(person="lead", address=lambda: reverse("labeling:assistance", args=[ASSISTED])),
    "labeling:people": SitePage(person="lead", address=lambda: reverse("labeling:people", args=[MEASURED])),
    "labeling:person": SitePage(person="lead", address=lambda: reverse("labeling:person", args=[MEASURED, measured_person().public_id])),
    "labeling:own_figures": SitePage(person="posters-ada", address=lambda: reverse("labeling:own_figures", args=[MEASURED])),
    "labeling:suggestions": of("lead", "labeling:suggestions"),
    "labeling:control": SitePage(person="lead", address=lambda: reverse("labeling:control", args=[MEASURED])),
    "labeling:members": of("lead", "labeling:members"),
    "labeling:hours": of("lead", "labeling:hours", query={"by": "day"}),
    "labeling:notices": of("lead", "labeling:notices"),
    "labeling:void": of("lead", "labeling:void", act=look_before_voiding),
    "labeling:inbox": of("lead", "labeling:inbox"),
    "labeling:candidates": of("lead", "labeling:candidates"),
    "labeling:many": of("lead", "labeling:many", query={"act": "batch", "to": "1"}),
    "labeling:batches": of("lead", "labeling:batches"),
    "labeling:batch": of("lead", "labeling:batch", batch),
    "labeling:leases": of("lead", "labeling:leases"),
    "labeling:candidate": of("lead", "labeling:candidate", lambda: Candidate.objects.filter(state="settled").earliest("pk").public_id),
    "labeling:imports": of("lead", "labeling:imports"),
    "labeling:jobs": of("lead", "labeling:jobs"),
    "labeling:job": of("lead", "labeling:job", lambda: Job.objects.latest("pk").public_id),
    "labeling:exports": of("lead", "labeling:exports"),
    "judging:judges": of("lead", "judging:judges"),
    "judging:new_judge": of("lead", "judging:new_judge", lambda: "openai"),
    "judging:new_run": of("lead", "judging:new_run", query={"state": "open"}),
    "judging:judge": of("lead", "judging:judge", lambda: judged().judge.public_id),
    "judging:run": of("lead", "judging:run", lambda: judged().public_id),
    "judging:call": of("lead", "judging:call", lambda: judged().public_id, lambda: judged().call_rows.exclude(why="").earliest("pk").pk),
    "judging:candidate_scores": of("lead", "judging:candidate_scores", judged_candidate),
    "judging:raw_replies": of("lead", "judging:raw_replies", judged_candidate),
    "judging:proposals": of("lead", "judging:proposals"),
    "judging:proposal": of("lead", "judging:proposal", proposed),
    "judging:case": of("lead", "judging:case", lambda: JUDGED_TASK),
    "modeling:models": SitePage(person="lead", address=lambda: model_address("models")),
    "modeling:train": SitePage(person="lead", address=lambda: model_address("train")),
    "modeling:retrain_plan": SitePage(person="lead", address=lambda: model_address("retrain_plan")),
    "modeling:training_runs": SitePage(person="lead", address=lambda: model_address("training_runs")),
    "modeling:training_run": SitePage(person="lead", address=lambda: model_address("training_run", trained().run.public_id)),
    "modeling:model_version": SitePage(person="lead", address=lambda: model_address("model_version", trained().public_id)),
    "modeling:compare_versions": SitePage(person="lead", address=compare_address),
    "modeling:snapshot": SitePage(person="lead", address=lambda: model_address("snapshot", trained().run.snapshot.public_id)),
    "judging:revealed_scores": of("adjudicator", "judging:revealed_scores", confirmed),
}


def route_names(patterns: list[URLPattern | URLResolver] | None = None, space: str = "") -> Iterator[str]:
    """The name of every route the URL resolver knows."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from route_names(pattern.url_patterns, inner)
        else:
            yield f"{space}{pattern.name}"
