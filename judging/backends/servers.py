"""Which servers judges may ask and which key each of them gets, as whoever runs the site says in SERVIMAGE_JUDGE_SERVERS.

Leads type the address of a server and the name of a variable. Without this list they could have any secret of the workers sent anywhere,
and have the workers ask machines that only they can reach.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from judging.backends.surroundings import is_production, read_text

SERVERS = "SERVIMAGE_JUDGE_SERVERS"
NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,63})?")
# Addresses that every program reads alike: no encoded or odd characters, no name or password, no query.
PLAIN = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+(/[A-Za-z0-9._~+=,:/-]*)?", re.IGNORECASE)
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class Server:
    """An address below which judges may ask, and the variable of the key that is sent there; '' where none is."""

    base_url: str
    key_variable: str = ""

    def covers(self, url: str) -> bool:
        """Whether `url` has the same scheme, host and port, and a path that is this one or goes on from it."""
        own, other = split_address(self.base_url), split_address(url)
        return own is not None and other is not None and own[:3] == other[:3] and other[3][: len(own[3])] == own[3]


def split_address(url: str) -> tuple[str, str, int, list[str]] | None:
    """Scheme, host, port and the parts of the path of an address; None where it is not one that every program reads alike."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    path = [part for part in parts.path.split("/") if part]
    if not PLAIN.fullmatch(url) or not parts.hostname or {".", ".."} & set(path):
        return None
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme], path


def read_servers() -> list[Server] | None:
    """What SERVIMAGE_JUDGE_SERVERS lists (`VARIABLE=ADDRESS;=ADDRESS;…`); None where it is empty or not set.

    Raises ValueError naming the number of an entry that cannot be read. It repeats none, for a key may stand there by mistake.
    """
    entries = [entry.strip() for entry in read_text(SERVERS).split(";")]
    return [read_server(number, entry) for number, entry in enumerate(entries, 1) if entry] or None


def read_server(number: int, entry: str) -> Server:
    """One entry of the list. Raises ValueError."""
    variable, equals, url = (part.strip() for part in entry.partition("="))
    if not equals or not NAME.fullmatch(variable) or split_address(url) is None:
        raise ValueError(
            f"{SERVERS}: entry {number} is not VARIABLE=ADDRESS, such as OPENAI_API_KEY=https://api.openai.com/v1, "
            "or =http://gpu-1:8000/v1 for a server without a key; entries are separated by semicolons."
        )
    return Server(base_url=url, key_variable=variable)


def check_server(base_url: str, key_variable: str) -> None:
    """Raise ValueError, saying what must be set where, unless judges may ask this server, and with this key ('': none)."""
    listed = read_servers()
    covering = [server for server in listed or [] if server.covers(base_url)]
    if not covering and (listed is not None or is_production()):
        raise ValueError(
            f"base_url is {base_url!r}, which judges of this site may not ask. "
            f"Whoever runs the site must add ={base_url}, or VARIABLE={base_url} with the variable of its key, to {SERVERS} "
            "of web servers and workers."
        )
    if key_variable and key_variable not in {server.key_variable for server in covering}:
        # It is not repeated: what stands there by mistake may be the key itself.
        raise ValueError(
            "key_variable is not one whose key may be sent to this address. "
            f"Whoever runs the site must add VARIABLE={base_url} with this variable to {SERVERS} of web servers and workers."
        )
