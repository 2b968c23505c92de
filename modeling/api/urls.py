"""Every address of runs, versions and predictions in the API; annotation_site/urls.py puts them among the others."""

from __future__ import annotations

from django.urls import URLPattern, path

from labeling.api.urls import below_project
from modeling.api import predictions, runs, versions

urlpatterns: list[URLPattern] = below_project(
    [
        path("models/", versions.ModelsView.as_view(), name="models"),
        path("models/roll-back/", versions.RollBackView.as_view(), name="roll_back"),
        path("models/plan/", runs.RetrainPlanView.as_view(), name="retrain_plan"),
        path("models/runs/", runs.TrainingsView.as_view(), name="trainings"),
        path("models/runs/<uuid:training>/", runs.TrainingView.as_view(), name="training"),
        path("models/runs/<uuid:training>/lines/", runs.TrainingLinesView.as_view(), name="training_lines"),
        path("models/runs/<uuid:training>/cancel/", runs.CancelTrainingView.as_view(), name="cancel_training"),
        path("models/runs/<uuid:training>/resume/", runs.ResumeTrainingView.as_view(), name="resume_training"),
        path("models/versions/", versions.TrainedVersionsView.as_view(), name="model_versions"),
        path("models/versions/<uuid:version>/", versions.TrainedVersionView.as_view(), name="model_version"),
        path("models/versions/<uuid:version>/card/", versions.ModelCardView.as_view(), name="model_card"),
        path("models/versions/<uuid:version>/promote/", versions.PromoteView.as_view(), name="promote"),
        path("models/versions/<uuid:version>/judge/", versions.JudgeVersionView.as_view(), name="judge_version"),
        path("models/predict/", predictions.PredictView.as_view(), name="predict"),
        path("models/predictions/<uuid:job>/", predictions.PredictionView.as_view(), name="prediction"),
    ]
)
