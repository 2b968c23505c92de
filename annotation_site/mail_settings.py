"""The mail server, read from the environment; without EMAIL_HOST the site sends no mail at all."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from annotation_site.environment import read_number, read_text

PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where mail goes out; `host` is empty where there is none. `security` is starttls, tls or none."""

    host: str
    port: int
    user: str
    password: str
    security: str
    sender: str


def read_mail_server() -> MailServer:
    """The server that EMAIL_HOST and its companions name. Raises ImproperlyConfigured for a half or unsafe one."""
    security = read_text("EMAIL_TLS", "starttls").lower()
    if security not in PORTS:
        raise ImproperlyConfigured(f"EMAIL_TLS={security!r} is unknown; write starttls, tls or none")
    server = MailServer(
        host=read_text("EMAIL_HOST"),
        port=read_number("EMAIL_PORT", default=PORTS[security], minimum=1),
        user=read_text("EMAIL_USER"),
        password=read_text("EMAIL_PASSWORD"),
        security=security,
        sender=read_text("EMAIL_FROM"),
    )
    if server.host and "@" not in server.sender:
        raise ImproperlyConfigured("EMAIL_HOST needs EMAIL_FROM: the address the site's mail comes from, e.g. labels@example.org")
    if server.host and server.user and security == "none" and server.host not in LOOPBACK:
        raise ImproperlyConfigured(
            f"EMAIL_TLS=none would send the password of EMAIL_USER to {server.host} in the clear; write starttls or tls"
        )
    return server
