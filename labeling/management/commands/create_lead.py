"""The first account of an installation."""

from __future__ import annotations

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from labeling.models import User

PASSWORD_VARIABLE = "SERVIMAGE_LEAD_PASSWORD"


class Command(BaseCommand):
    help = "Makes an account that may create projects, and leads those it creates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("username")
        parser.add_argument("--email", default="")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help=f"read the password from standard input; else from {PASSWORD_VARIABLE}, else it is asked for",
        )

    def handle(self, *_args: Any, username: str, email: str, password_stdin: bool, **_options: Any) -> None:
        """Make the account; raises CommandError if the name is taken or unusable, or the password is too weak."""
        username = User.normalize_username(username)
        person = User(username=username, email=email, is_staff=True)
        if User.objects.filter(username__iexact=username).exists():
            raise CommandError(f"there is an account {username} already")
        password = sys.stdin.readline().rstrip("\n") if password_stdin else os.environ.get(PASSWORD_VARIABLE) or ask_password()
        try:
            validate_password(password, person)
            person.set_password(password)
            person.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        person.save()
        self.stdout.write(f"{username} can sign in and create projects.")


def ask_password() -> str:
    """The password typed twice; raises CommandError if the two differ or there is nobody to ask."""
    if not sys.stdin.isatty():
        raise CommandError(f"there is no terminal to ask for the password at: use --password-stdin or {PASSWORD_VARIABLE}")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise CommandError("the two passwords differ")
    return password
