"""The judging application."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class JudgingConfig(AppConfig):
    name = "judging"
    verbose_name = _("Judging")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the jobs of judges, and what the reaper does for them."""
        from judging import jobs
        from judging.protocol.advance import JUDGE, JUDGE_LOCALLY, PLAN, advance_runs
        from judging.protocol.extractions import EXTRACT, EXTRACT_LOCALLY
        from labeling.jobs.kinds import add_kind
        from labeling.reap import CHORES

        add_kind(PLAN, jobs.plan, is_inner=True)
        add_kind(JUDGE, jobs.judge, is_inner=True)
        add_kind(JUDGE_LOCALLY, jobs.judge, queue=settings.GPU_QUEUE, is_inner=True)
        add_kind("import_scores", jobs.import_scores)
        add_kind(EXTRACT, jobs.extract)
        add_kind(EXTRACT_LOCALLY, jobs.extract, queue=settings.GPU_QUEUE)
        CHORES.append(advance_runs)
