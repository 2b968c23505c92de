"""The labeling application."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class LabelingConfig(AppConfig):
    name = "labeling"
    verbose_name = _("Labelling")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Watch over the triggers, and add the lookup for many ids."""
        from labeling.among import register_among
        from labeling.checks import check_triggers, drop_before_migrate, restore_after_migrate

        pre_migrate.connect(drop_before_migrate, sender=self)
        post_migrate.connect(restore_after_migrate, sender=self)
        register(check_triggers, Tags.database)
        register_among()
