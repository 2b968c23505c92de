"""The Django project: settings, addresses, the Celery application and the supervisor behind one-command start."""

from annotation_site.celery import app as celery_app

__all__ = ["celery_app"]
