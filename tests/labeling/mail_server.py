"""A real SMTP server on loopback that keeps what it is sent, and refuses or fails as a test asks it to."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from django.test import override_settings


class Mailbox:
    """What the server took; `refuse` answers every recipient, `fail` every message."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuse = self.fail = ""
        self.connections = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, _options):
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.fail:
            return self.fail
        message = email.message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"


@contextmanager
def serve_mail() -> Iterator[tuple[Mailbox, Controller]]:
    """A running server, with the settings of the site pointing to it."""
    box = Mailbox()
    # The controller connects to its own port to see that it runs, so it has to know the number beforehand.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    named = {
        "MAIL_ENABLED": True,
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
        "EMAIL_TIMEOUT": 3,
        "SITE_URL": "https://label.example.org",
    }
    plain = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False}
    try:
        with override_settings(DEFAULT_FROM_EMAIL="labels@example.org", EMAIL_HOST_USER="", EMAIL_HOST_PASSWORD="", **named, **plain):
            yield box, controller
    finally:
        if controller.server is not None:
            controller.stop()
