"""New one-time sign-in links."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.models import User
from labeling.sign_in_links import describe_links, find_projects, find_site_url, make_link


class Command(BaseCommand):
    help = "Prints one new one-time sign-in link per role of a project, or for the accounts named. Each works once, within a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("username", nargs="*", help="accounts to make links for, instead of one per role")
        parser.add_argument("--project", metavar="SLUG", help="the project whose roles are meant (default: the newest, and the sample)")
        url = find_site_url()
        parser.add_argument("--url", default=url, help=f"address of the site (default {url})")

    def handle(self, *_args: Any, username: list[str], project: str | None, url: str, **_options: Any) -> None:
        """Print the links."""
        if username:
            self.print_for_accounts(username, url)
            return
        found = find_projects(project)
        if not found:
            raise CommandError(f"there is no project {project!r}" if project else "there is no project yet")
        for each in found:
            self.stdout.write(f"{each.name} ({each.slug}), each link works once:")
            self.stdout.write("\n".join(describe_links(each, url)))

    def print_for_accounts(self, usernames: list[str], url: str) -> None:
        """Print a link for each account; raises CommandError, before the first link, if one cannot sign in."""
        people = {person.username: person for person in User.objects.filter(username__in=usernames, is_active=True)}
        if missing := [name for name in usernames if name not in people]:
            raise CommandError(f"no active account: {', '.join(missing)}")
        for name in usernames:
            self.stdout.write(f"  {name:<16} {make_link(people[name], url)}")
