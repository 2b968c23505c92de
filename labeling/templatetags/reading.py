"""What templates need to show texts and keys to a reader."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.keys import show_key

register = template.Library()
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
KANA = re.compile(r"[\u3040-\u30ff]")


@register.filter
def language_of(text: str) -> str:
    """The `lang` of an imported text: zh-Hans if it has any Chinese character, ja with kana, else en.

    A mixed text counts as Chinese, whose fonts also hold Latin letters; the other way round they would be borrowed.
    """
    if KANA.search(text):
        return "ja"
    return "zh-Hans" if HAN.search(text) else "en"


@register.filter
def key_name(key: str) -> str:
    """A key as it is printed on the page."""
    return show_key(key)


@register.simple_tag
def keycap(key: str) -> str:
    """`key` as a key cap; nothing where no key is set."""
    return format_html("<kbd>{}</kbd>", show_key(key)) if key else ""


@register.simple_tag
def keycap_of(keys: Mapping[str, str], command: str) -> str:
    """The key cap of a choice; the class lets a page hide it while digits mean something else."""
    return format_html('<kbd class="digit">{}</kbd>', show_key(keys[command])) if keys.get(command) else ""


@register.filter
def rough_time(duration: timedelta | None) -> str:
    """A duration as a person says it, in one unit; an empty text for None."""
    if duration is None:
        return ""
    minutes = round(duration.total_seconds() / 60)
    if minutes < 1:
        return _("under a minute")
    if minutes < 90:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = round(minutes / 60)
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


@register.filter
def clock_time(duration: timedelta | None) -> str:
    """A duration as hours and minutes, `3:07`, rounded to the minute; an empty text for None."""
    if duration is None:
        return ""
    minutes = round(duration.total_seconds() / 60)
    return f"{minutes // 60}:{minutes % 60:02d}"
