"""Every address of the models' side, one list per group of pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from modeling.views import registry, runs, snapshots, starting, versions

app_name = "modeling"

registry_pages: list[URLPattern] = [
    path("p/<slug:slug>/models/", registry.models, name="models"),
    path("p/<slug:slug>/models/status", registry.models_status, name="models_status"),
    path("p/<slug:slug>/models.csv", registry.models_table, name="models_table"),
    path("p/<slug:slug>/models/drift.csv", registry.drift_table, name="drift_table"),
    path("p/<slug:slug>/models/back", registry.bring_back, name="bring_version_back"),
    path("p/<slug:slug>/models/train/", starting.train, name="train"),
    path("p/<slug:slug>/models/plan/", starting.retrain_plan, name="retrain_plan"),
]

run_pages: list[URLPattern] = [
    path("p/<slug:slug>/models/runs/", registry.training_runs, name="training_runs"),
    path("p/<slug:slug>/models/runs.csv", registry.runs_table, name="runs_table"),
    path("p/<slug:slug>/models/runs/<uuid:run>/", runs.training_run, name="training_run"),
    path("p/<slug:slug>/models/runs/<uuid:run>/status", runs.training_status, name="training_status"),
    path("p/<slug:slug>/models/runs/<uuid:run>/cancel", runs.cancel, name="cancel_training"),
    path("p/<slug:slug>/models/runs/<uuid:run>/resume", runs.resume, name="resume_training"),
    path("p/<slug:slug>/models/runs/<uuid:run>/again", runs.again, name="train_again"),
    path("p/<slug:slug>/models/runs/<uuid:run>/<slug:part>.csv", runs.training_table, name="training_table"),
    path("p/<slug:slug>/models/runs/<uuid:run>/<slug:chart>.svg", runs.training_chart, name="training_chart"),
]

version_pages: list[URLPattern] = [
    path("p/<slug:slug>/models/versions/<uuid:version>/", versions.model_version, name="model_version"),
    path("p/<slug:slug>/models/versions/<uuid:version>/promote", versions.promote_version, name="promote_version"),
    path("p/<slug:slug>/models/versions/<uuid:version>/judge", versions.judge_version, name="judge_version"),
    path("p/<slug:slug>/models/versions/<uuid:version>/card.md", versions.model_card, name="model_card"),
    path("p/<slug:slug>/models/versions/<uuid:version>/config.json", versions.model_config, name="model_config"),
    path("p/<slug:slug>/models/versions/<uuid:version>/compare/", versions.compare_versions, name="compare_versions"),
    path("p/<slug:slug>/models/versions/<uuid:version>/compare.csv", versions.compare_table, name="compare_table"),
    path("p/<slug:slug>/models/versions/<uuid:version>/<slug:part>.csv", versions.version_table, name="version_table"),
    path("p/<slug:slug>/models/versions/<uuid:version>/<slug:chart>.svg", versions.version_chart, name="version_chart"),
]

snapshot_pages: list[URLPattern] = [
    path("p/<slug:slug>/models/snapshots/<uuid:snapshot>/", snapshots.snapshot, name="snapshot"),
    path("p/<slug:slug>/models/snapshots/<uuid:snapshot>.csv", snapshots.snapshot_table, name="snapshot_table"),
]

urlpatterns = [*registry_pages, *run_pages, *version_pages, *snapshot_pages]
