"""How far this machine is with what models need that run or are trained on it, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from annotation_site.install import Install, is_complete, read_install


def tell_install() -> str:
    """A sentence about it; empty where everything is there, or other machines do such work."""
    found = None if is_complete() else read_install()
    return tell(found) if found else ""


def tell(found: Install) -> str:
    """What the state of an installation means for a lead."""
    if found.state == "failed":
        return _("What models on this machine need could not be installed; the next ./run tries again. pip: %(problem)s") % {
            "problem": found.problem
        }
    if found.state == "fetching":
        size = f" ({found.size})" if found.size else ""
        return _("What models on this machine need is being fetched: %(package)s%(size)s, %(fetched)s packages so far.") % {
            "package": found.package or "pip",
            "size": size,
            "fetched": found.fetched,
        }
    if found.state == "unpacking":
        return _("What models on this machine need is being unpacked: %(fetched)s packages.") % {"fetched": found.fetched}
    return ""
