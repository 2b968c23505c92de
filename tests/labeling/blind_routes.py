"""What every route is to somebody who answers, and a browser that visits them all."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from labeling.models import Flag
from tests.labeling.blind_stage import Stage, Watcher

# What each route is to somebody who answers: a `page` or other data to read, a `write` of a page or a `program write`, something of a
# `lead` (404), of the account, or of the machine.
# Whoever adds a route adds it here; the scripts below then visit it.
ROUTES = {
    "labeling:home": "page",
    "labeling:keys": "page",
    "labeling:session": "page",
    "labeling:signed_in": "page",
    "labeling:label": "page",
    "labeling:take": "write",
    "labeling:answer": "write",
    "labeling:undo": "write",
    "labeling:skip": "write",
    "labeling:flag": "write",
    "labeling:keep": "write",
    "labeling:leave": "write",
    "labeling:recent": "page",
    "labeling:card": "page",
    "labeling:adjudicate": "page",
    "labeling:adjudicate_take": "write",
    "labeling:adjudicate_answer": "write",
    "labeling:reveal": "page",
    "labeling:confirm": "write",
    "labeling:adjudicate_skip": "write",
    "labeling:progress": "page",
    "labeling:read_replies": "write",
    "labeling:own_figures": "page",
    "labeling:own_table": "page",
    "labeling:own_chart": "page",
    "labeling:reply_concern": "write",
    "labeling:guidelines": "page",
    "labeling:read_guideline": "write",
    "labeling:example_image": "page",
    "labeling:image": "page",
    "labeling:lead_image": "lead",
    "labeling:create_project": "lead",
    "labeling:project": "lead",
    "labeling:states_table": "lead",
    "labeling:throughput_table": "lead",
    "labeling:throughput_chart": "lead",
    "labeling:people_table": "lead",
    "labeling:agreement": "lead",
    "labeling:measure_agreement": "lead",
    "labeling:agreement_table": "lead",
    "labeling:agreement_chart": "lead",
    "labeling:draw_gold": "lead",
    "labeling:add_gold": "lead",
    "labeling:retire_gold": "lead",
    "labeling:review_gold": "lead",
    "labeling:assistance": "lead",
    "labeling:assistance_table": "lead",
    "labeling:assistance_chart": "lead",
    "labeling:keep_off": "lead",
    "labeling:people": "lead",
    "labeling:people_figures_table": "lead",
    "labeling:people_chart": "lead",
    "labeling:person": "lead",
    "labeling:person_table": "lead",
    "labeling:person_chart": "lead",
    "labeling:close_concern": "lead",
    "labeling:suggestions": "lead",
    "labeling:use_version": "lead",
    "labeling:control": "lead",
    "labeling:control_table": "lead",
    "labeling:settings": "lead",
    "labeling:edit_guideline": "lead",
    "labeling:examples": "lead",
    "labeling:example_caption": "lead",
    "labeling:move_example": "lead",
    "labeling:remove_example": "lead",
    "labeling:add_example": "lead",
    "labeling:members": "lead",
    "labeling:add_member": "lead",
    "labeling:change_member": "lead",
    "labeling:limit_member": "lead",
    "labeling:remove_member": "lead",
    "labeling:make_link": "lead",
    "labeling:invite": "lead",
    "labeling:revoke_invitation": "lead",
    "labeling:hours": "lead",
    "labeling:hours_table": "lead",
    "labeling:void": "lead",
    "labeling:notices": "lead",
    "labeling:mail": "account",
    "labeling:confirm_mail": "account",
    "labeling:stop_mail": "account",
    "labeling:inbox": "lead",
    "labeling:reply_flag": "lead",
    "labeling:review_surplus": "lead",
    "labeling:review_contradiction": "lead",
    "labeling:accept_conflict": "lead",
    "labeling:dismiss_conflict": "lead",
    "labeling:candidates": "lead",
    "labeling:candidates_table": "lead",
    "labeling:many": "lead",
    "labeling:batches": "lead",
    "labeling:batches_table": "lead",
    "labeling:batch": "lead",
    "labeling:leases": "lead",
    "labeling:release_lease": "lead",
    "labeling:release_person": "lead",
    "labeling:pause": "lead",
    "labeling:archive": "lead",
    "labeling:bring_back": "lead",
    "labeling:about_settings": "lead",
    "labeling:candidate": "lead",
    "labeling:hold_candidate": "lead",
    "labeling:return_candidate": "lead",
    "labeling:withdraw_candidate": "lead",
    "labeling:reopen_candidate": "lead",
    "labeling:replace_image": "lead",
    "labeling:imports": "lead",
    "labeling:jobs": "lead",
    "labeling:job": "lead",
    "labeling:job_status": "lead",
    "labeling:cancel_job": "lead",
    "labeling:report_csv": "lead",
    "labeling:report_json": "lead",
    "labeling:exports": "lead",
    "labeling:export_file": "lead",
    "judging:judges": "lead",
    "judging:judges_table": "lead",
    "judging:start_baselines": "lead",
    "judging:new_judge": "lead",
    "judging:new_run": "lead",
    "judging:judge": "lead",
    "judging:judge_table": "lead",
    "judging:run": "lead",
    "judging:run_status": "lead",
    "judging:start_run": "lead",
    "judging:pause_run": "lead",
    "judging:cancel_run": "lead",
    "judging:limit_run": "lead",
    "judging:run_again": "lead",
    "judging:plan_table": "lead",
    "judging:calls_table": "lead",
    "judging:call": "lead",
    "judging:candidate_scores": "lead",
    "judging:candidate_table": "lead",
    "judging:raw_replies": "lead",
    "judging:revealed_scores": "page",
    "judging:case": "lead",
    "judging:case_table": "lead",
    "judging:case_json": "lead",
    "judging:proposals": "lead",
    "judging:extract": "lead",
    "judging:proposal": "lead",
    "judging:accept_proposal": "lead",
    "judging:reject_proposal": "lead",
    "api:documents": "account",
    "api:schema": "account",
    "api:me": "page",
    "api:mail": "account",
    "api:projects": "page",
    "api:project": "page",
    "api:guideline": "page",
    "api:guideline_examples": "page",
    "api:example_image": "page",
    "api:cards": "page",
    "api:answers": "page",
    "api:progress": "page",
    "api:own_flags": "page",
    "api:own_figures": "page",
    "api:own_concerns": "page",
    "api:adjudications": "page",
    "api:card": "page",
    "api:reveal": "page",
    "api:picture": "page",
    "api:take": "program write",
    "api:leave": "program write",
    "api:read_replies": "program write",
    "api:reply_concern": "program write",
    "api:read_guideline": "program write",
    "api:take_adjudication": "program write",
    "api:heartbeat": "program write",
    "api:answer": "program write",
    "api:edit": "program write",
    "api:undo": "program write",
    "api:skip": "program write",
    "api:flag": "program write",
    "api:adjudicate": "program write",
    "api:confirm": "program write",
    "api:settings": "lead",
    "api:archive": "lead",
    "api:bring_back": "lead",
    "api:states": "lead",
    "api:throughput": "lead",
    "api:forecast": "lead",
    "api:agreement": "lead",
    "api:gold": "lead",
    "api:candidate_gold": "lead",
    "api:inbox_gold": "lead",
    "api:review_gold": "lead",
    "api:assistance": "lead",
    "api:assistance_table": "lead",
    "api:stops": "lead",
    "api:keep_off": "lead",
    "api:people": "lead",
    "api:inbox_concerns": "lead",
    "api:close_concern": "lead",
    "api:suggestions": "lead",
    "api:use_version": "lead",
    "api:workers": "lead",
    "api:notices": "lead",
    "api:agreement_table": "lead",
    "api:control": "lead",
    "api:control_table": "lead",
    "api:members": "lead",
    "api:member": "lead",
    "api:member_link": "lead",
    "api:release_person": "lead",
    "api:void_preview": "lead",
    "api:void": "lead",
    "api:invitations": "lead",
    "api:invitation": "lead",
    "api:leases": "lead",
    "api:release_lease": "lead",
    "api:hours": "lead",
    "api:hours_table": "lead",
    "api:guideline_versions": "lead",
    "api:guideline_version": "lead",
    "api:guideline_readers": "lead",
    "api:examples": "lead",
    "api:example": "lead",
    "api:move_example": "lead",
    "api:member_limits": "lead",
    "api:batches": "lead",
    "api:batch": "lead",
    "api:batch_candidate": "lead",
    "api:candidates": "lead",
    "api:many": "lead",
    "api:many_preview": "lead",
    "api:candidate": "lead",
    "api:timeline": "lead",
    "api:hold": "lead",
    "api:return": "lead",
    "api:withdraw": "lead",
    "api:reopen": "lead",
    "api:replace": "lead",
    "api:lead_picture": "lead",
    "api:inbox": "lead",
    "api:inbox_flags": "lead",
    "api:reply": "lead",
    "api:inbox_held": "lead",
    "api:inbox_surplus": "lead",
    "api:review": "lead",
    "api:inbox_contradictions": "lead",
    "api:review_contradiction": "lead",
    "api:inbox_conflicts": "lead",
    "api:accept_conflict": "lead",
    "api:dismiss_conflict": "lead",
    "api:imports": "lead",
    "api:folders": "lead",
    "api:jobs": "lead",
    "api:job": "lead",
    "api:job_lines": "lead",
    "api:cancel_job": "lead",
    "api:exports": "lead",
    "api:export": "lead",
    "api:manifest": "lead",
    "api:export_data": "lead",
    "api:judges": "lead",
    "api:judge": "lead",
    "api:judge_scores": "lead",
    "api:judge_runs": "lead",
    "api:run": "lead",
    "api:start_run": "lead",
    "api:pause_run": "lead",
    "api:cancel_run": "lead",
    "api:limit_run": "lead",
    "tokens": "account",
    "revoke_token": "account",
    "sign_in": "account",
    "sign_out": "account",
    "change_password": "account",
    "set_language": "account",
    "use_link": "account",
    "labeling:join": "account",
    "healthz": "machine",
    "readyz": "machine",
}
PICTURES = [*((role, number) for role in ("candidate", "sibling") for number in (1, 2, 3)), ("reference", 1), ("source", 1)]


def list_routes(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route the site knows, with its full name."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from list_routes(pattern, namespace + (f"{pattern.namespace}:" if pattern.namespace else ""))
        else:
            yield f"{namespace}{pattern.name}", pattern


def find_address(name: str, pattern: URLPattern, stage: Stage, assignment: str) -> str:
    """An address of a route that exists, as far as somebody outside can tell: real ids wherever there are any."""
    flag = Flag.objects.order_by("pk").first()
    known: dict[str, Any] = {
        "slug": stage.project.slug,
        "assignment": assignment,
        "role": "candidate",
        "number": 1,
        "size": "thumb",
        "sha256": stage.candidates[0].image.sha256,
        "candidate": stage.candidates[0].public_id,
        "person": stage.other.public_id,
        "flag": flag.pk if flag else 1,
        "conflict": 1,
        "stop": 1,
        "concern": stage.concern.pk,
        "job": uuid.UUID(int=1),
        "batch": stage.project.batches.get().public_id,
        "export": uuid.UUID(int=2),
        "name": "labels.jsonl",
        "token": "no-such-token",
        "example": stage.example.public_id,
        "invitation": uuid.UUID(int=3),
        "token_id": 1,
        "backend": "replay",
        "judge": uuid.UUID(int=4),
        "run": uuid.UUID(int=5),
        "proposal": uuid.UUID(int=6),
        "call": 1,
        "external_id": stage.candidates[0].bundle.task.external_id,
        "part": "figures" if name == "labeling:own_table" else "overall",
        "chart": "agreement" if name == "labeling:own_chart" else "trend",
    }
    return reverse(name, kwargs={argument: known[argument] for argument in pattern.pattern.converters})


def look_around(stage: Stage, me: Watcher) -> None:
    """Load everything there is to read by this person's way of working, pages or the API, and every card they were ever shown."""
    for name, pattern in list_routes(get_resolver()):
        is_read_so = ROUTES[name] == "page" and name.startswith("api:") == (me.space == "api")
        if is_read_so and set(pattern.pattern.converters) <= {"slug"}:
            me.get(reverse(name, kwargs=dict.fromkeys(pattern.pattern.converters, stage.project.slug)))
    for card in me.cards:
        me.get(me.url(f"{me.space}:card", assignment=card))


def look_everywhere(stage: Stage, me: Watcher) -> None:
    """Load every route there is and send something to those of leads, with real ids."""
    for name, pattern in list_routes(get_resolver()):
        path = find_address(name, pattern, stage, me.cards[0])
        me.ask(f"GET {name}", path, None, script=False)
        me.ask(f"GET {name}", path, None, script=True)
        if ROUTES[name] == "lead":
            me.ask(f"POST {name}", path, {}, script=False)
        if ROUTES[name] == "lead" and name.startswith("api:"):
            for method in ("PUT", "PATCH", "DELETE"):
                me.send(f"{method} {name}", method, path, {})


def look_at_pictures(me: Watcher, sizes: tuple[str, ...] = ("thumb",)) -> None:
    """Load every picture of every card and every example this person was ever shown."""
    for card in me.cards:
        for role, number in PICTURES:
            for size in sizes:
                me.get(me.url(me.picture, assignment=card, role=role, number=number, size=size))
    for example in me.examples:
        for size in sizes:
            me.get(me.url("example_image", example=example, size=size))


def is_of_a_project(name: str) -> bool:
    """Whether a route belongs to one project."""
    return "slug" in dict(list_routes(get_resolver()))[name].pattern.converters
