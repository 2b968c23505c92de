"""Every address of the judges' side, one list per group of pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from judging.views import calls, candidate, case, judges, proposals, runs, starting

app_name = "judging"

judge_pages: list[URLPattern] = [
    path("p/<slug:slug>/judges/", judges.judges, name="judges"),
    path("p/<slug:slug>/judges.csv", judges.judges_table, name="judges_table"),
    path("p/<slug:slug>/judges/baselines", judges.baselines, name="start_baselines"),
    path("p/<slug:slug>/judges/new/<slug:backend>/", judges.new_judge, name="new_judge"),
    path("p/<slug:slug>/judges/run/", starting.new_run, name="new_run"),
    path("p/<slug:slug>/judges/<uuid:judge>/", judges.judge, name="judge"),
    path("p/<slug:slug>/judges/<uuid:judge>/<slug:part>.csv", judges.judge_table, name="judge_table"),
]

run_pages: list[URLPattern] = [
    path("p/<slug:slug>/judges/runs/<uuid:run>/", runs.run, name="run"),
    path("p/<slug:slug>/judges/runs/<uuid:run>/status", runs.run_status, name="run_status"),
    path("p/<slug:slug>/judges/runs/<uuid:run>/start", runs.start, name="start_run"),
    path("p/<slug:slug>/judges/runs/<uuid:run>/pause", runs.pause, name="pause_run"),
    path("p/<slug:slug>/judges/runs/<uuid:run>/cancel", runs.cancel, name="cancel_run"),
    path("p/<slug:slug>/judges/runs/<uuid:run>/limit", runs.limit, name="limit_run"),
    path("p/<slug:slug>/judges/runs/<uuid:run>/again", runs.again, name="run_again"),
    path("p/<slug:slug>/judges/runs/<uuid:run>/plan.csv", runs.plan_table, name="plan_table"),
    path("p/<slug:slug>/judges/runs/<uuid:run>/calls.csv", calls.calls_table, name="calls_table"),
    path("p/<slug:slug>/judges/runs/<uuid:run>/calls/<int:call>/", calls.call, name="call"),
]

candidate_pages: list[URLPattern] = [
    path("p/<slug:slug>/candidates/<uuid:candidate>/scores", candidate.candidate_scores, name="candidate_scores"),
    path("p/<slug:slug>/candidates/<uuid:candidate>/scores.csv", candidate.candidate_table, name="candidate_table"),
    path("p/<slug:slug>/candidates/<uuid:candidate>/replies", candidate.raw_replies, name="raw_replies"),
    path("p/<slug:slug>/adjudicate/<uuid:assignment>/scores", candidate.revealed_scores, name="revealed_scores"),
    path("p/<slug:slug>/tasks/<path:external_id>/case", case.case, name="case"),
    path("p/<slug:slug>/tasks/<path:external_id>/case.csv", case.case_table, name="case_table"),
    path("p/<slug:slug>/tasks/<path:external_id>/case.json", case.case_json, name="case_json"),
]

proposal_pages: list[URLPattern] = [
    path("p/<slug:slug>/judges/proposals/", proposals.proposals, name="proposals"),
    path("p/<slug:slug>/judges/proposals/extract", proposals.extract, name="extract"),
    path("p/<slug:slug>/judges/proposals/<uuid:proposal>/", proposals.proposal, name="proposal"),
    path("p/<slug:slug>/judges/proposals/<uuid:proposal>/accept", proposals.accept, name="accept_proposal"),
    path("p/<slug:slug>/judges/proposals/<uuid:proposal>/reject", proposals.reject, name="reject_proposal"),
]

urlpatterns = [*proposal_pages, *judge_pages, *run_pages, *candidate_pages]
