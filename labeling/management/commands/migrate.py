"""`migrate` as Django has it, on a database that lost a rule too: that is what restores it."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate


class Command(migrate.Command):
    def check(self, *args: Any, **options: Any) -> None:
        """Every check but those of the database: `labeling.E001` would refuse the one command that mends it."""
        super().check(*args, **{**options, "databases": None})
