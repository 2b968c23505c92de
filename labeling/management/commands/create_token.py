"""A token for a program, from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.api_tokens import make_token
from labeling.forms.tokens import TokenForm
from labeling.models import User


class Command(BaseCommand):
    help = "Prints a new token with which a program acts for USER on /api/v1/; only its hash is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("username", metavar="USER")
        parser.add_argument("--name", default="command line", help="what uses it (default: command line)")
        parser.add_argument("--days", type=int, default=90, help="how long it is valid (default 90); 0 for good")

    def handle(self, *_args: Any, username: str, name: str, days: int, **_options: Any) -> None:
        """Print the token alone, so that a script can read it; raises CommandError if there is no such account."""
        person = User.objects.filter(username=username, is_active=True).first()
        if person is None:
            raise CommandError(f"no active account: {username}")
        longest = TokenForm.base_fields["name"].max_length  # type: ignore[attr-defined]
        if not 1 <= len(name.strip()) <= longest:
            raise CommandError(f"--name wants 1 to {longest} characters")
        if not 0 <= days <= 3650:
            raise CommandError("--days wants 0 (for good) to 3650")
        _token, text = make_token(person, name.strip(), timedelta(days=days) if days else None)
        self.stdout.write(text)
