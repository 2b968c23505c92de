"""The site's Celery application with one more kind of job, for workers that tests start and kill."""

import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
django.setup()

from django.db import transaction  # noqa: E402

from annotation_site.celery import app  # noqa: E402, F401
from labeling.jobs.context import JobContext, Line  # noqa: E402
from labeling.jobs.kinds import KINDS  # noqa: E402
from labeling.models import Generator, JobLine  # noqa: E402


def count_slowly(context: JobContext) -> None:
    """Make one generator row per number, `params["numbers"]` of them, `params["pause_s"]` apart, each in one transaction."""
    first = context.restored.get("next", 0)
    for number in range(first, context.params["numbers"]):
        if context.cancelled():
            return
        with transaction.atomic():
            Generator.objects.create(slug=f"count-{context.job_id}-{number}", display_name=f"attempt {context.attempt}")
            context.report([Line(key=str(number), outcome=JobLine.Outcome.CREATED)])
            context.checkpoint({"next": number + 1})
        context.progress(number + 1, context.params["numbers"], f"{number + 1} counted")
        time.sleep(context.params["pause_s"])
    context.result["resumed_at"] = first


KINDS["count_slowly"] = count_slowly
