"""The modeling application."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class ModelingConfig(AppConfig):
    name = "modeling"
    verbose_name = _("Modeling")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the jobs of models, what the reaper does for them, and which versions are put to use here alone."""
        from labeling.data_in.after_import import AFTER_IMPORT
        from labeling.jobs.kinds import add_kind
        from labeling.protocol.trained import TRAINED
        from labeling.reap import CHORES
        from modeling import jobs
        from modeling.drift import DRIFT
        from modeling.drift_due import look_at_due
        from modeling.feature_job import FEATURES, ask_for_features
        from modeling.predicting import PREDICT, PREDICT_ON_GPU
        from modeling.protocol.plans import start_due
        from modeling.protocol.registry import GATE, GATE_ON_GPU, SUGGEST, SUGGEST_ON_GPU, list_names
        from modeling.protocol.runs import TRAIN, TRAIN_ON_GPU, end_orphans
        from modeling.suggest_due import suggest_due

        add_kind(TRAIN, jobs.train)
        add_kind(TRAIN_ON_GPU, jobs.train, queue=settings.GPU_QUEUE)
        add_kind(SUGGEST, jobs.suggest)
        add_kind(SUGGEST_ON_GPU, jobs.suggest, queue=settings.GPU_QUEUE)
        add_kind(GATE, jobs.gate)
        add_kind(GATE_ON_GPU, jobs.gate, queue=settings.GPU_QUEUE)
        add_kind(DRIFT, jobs.drift, is_inner=True)
        add_kind(FEATURES, jobs.features, is_inner=True)
        add_kind(PREDICT, jobs.predict)
        add_kind(PREDICT_ON_GPU, jobs.predict, queue=settings.GPU_QUEUE)
        CHORES.extend([end_orphans, suggest_due, look_at_due, start_due])
        AFTER_IMPORT.append(ask_for_features)
        TRAINED.append(list_names)
