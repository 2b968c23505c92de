"""Every address of judges and runs in the API; annotation_site/urls.py puts them among the others."""

from __future__ import annotations

from django.urls import URLPattern, path

from judging.api import judges, runs
from labeling.api.urls import below_project

urlpatterns: list[URLPattern] = below_project(
    [
        path("judges/", judges.JudgesView.as_view(), name="judges"),
        path("judges/<uuid:judge>/", judges.JudgeView.as_view(), name="judge"),
        path("judges/<uuid:judge>/scores/", judges.JudgeScoresView.as_view(), name="judge_scores"),
        path("judges/<uuid:judge>/runs/", runs.JudgeRunsView.as_view(), name="judge_runs"),
        path("runs/<uuid:run>/", runs.RunView.as_view(), name="run"),
        path("runs/<uuid:run>/start/", runs.StartRunView.as_view(), name="start_run"),
        path("runs/<uuid:run>/pause/", runs.PauseRunView.as_view(), name="pause_run"),
        path("runs/<uuid:run>/cancel/", runs.CancelRunView.as_view(), name="cancel_run"),
        path("runs/<uuid:run>/limit/", runs.LimitRunView.as_view(), name="limit_run"),
    ]
)
