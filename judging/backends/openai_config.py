"""Everything that decides how an OpenAI-compatible server is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from judging.backends.json_modes import JsonMode

Side = Annotated[int, Field(ge=64, le=8192)]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, kw_only=True)
class OpenAIConfig:
    """Where the server is, what it is asked for, and how fast; docs/backends.md says more about each field.

    The key itself is never part of it: `key_variable` names the environment variable of the workers that holds it. It must be bound to
    `base_url` (servers.py).
    """

    base_url: str  # usually ends in /v1
    model: Annotated[str, Field(min_length=1, max_length=200)]
    revision: Annotated[str, Field(max_length=200)] = ""  # kept with each reply; '': what the server says
    key_variable: Annotated[str, Field(pattern=r"^([A-Za-z_][A-Za-z0-9_]{0,63})?$")] = ""  # '': no key is sent
    temperature: Annotated[float, Field(ge=0, le=2)] | None = 0.0  # None: not sent, for models that refuse it
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = 0  # None: not sent
    max_in_flight: Annotated[int, Field(ge=1, le=256)] = 8  # per worker
    requests_per_minute: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0  # per worker; 0: no limit
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 120  # of one request
    price_in_usd: Price | None = None  # a million tokens; None: the cost is not known
    price_out_usd: Price | None = None
    pictures: Annotated[int, Field(ge=1, le=1000)] = 8  # most in one request
    side_px: Side | None = None  # longest side of a picture; None: as the rubric wants it
    json_mode: JsonMode = "schema"  # the strongest to try

    def __post_init__(self) -> None:
        """Raises ValueError where `base_url` is not the address of a server."""
        check_url(self.base_url)


def check_url(url: str) -> None:
    """Raises ValueError where `url` is no plain http or https address; it does not repeat one that may hold a password."""
    if "@" in url:
        raise ValueError("base_url holds a name or a password; put the key into an environment variable and name it in key_variable.")
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:
        is_plain = False
    if "?" in url:
        raise ValueError("base_url has a query; give the address without it, and a key, if that is what it holds, in key_variable.")
    if is_plain and url.rstrip("/").endswith("/chat/completions"):
        raise ValueError("base_url goes on to /chat/completions; give what stands before it, such as http://127.0.0.1:8000/v1.")
    if not is_plain:
        raise ValueError(f"base_url is {url!r}; it must be an http or https address without query, such as http://127.0.0.1:8000/v1.")
