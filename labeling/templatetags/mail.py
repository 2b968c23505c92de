"""Whether templates may offer e-mail."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def sends_mail() -> bool:
    """Whether the site has a mail server."""
    return bool(settings.MAIL_ENABLED)
