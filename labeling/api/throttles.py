"""How much one token, or one person by session, may ask for.

Counters live in Django's cache: Redis where the site has it, else files in var/ that all processes of one machine share. There two
requests at the same moment may be counted as one.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from labeling.models import ApiToken

# The framework loads this module with the authentication, before its own views.
if TYPE_CHECKING:
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)


class Limit(BaseThrottle):
    """At most as many requests per window as the setting says; 0 is no limit. Windows start at fixed times."""

    name = ""
    setting = ""
    window_s = 60

    def allow_request(self, request: Request, _view: APIView) -> bool:
        """Count the request, and say whether it is within the limit."""
        most: int = getattr(settings, self.setting)
        return most == 0 or self.count(name_asker(request)) <= most

    def count(self, asker: str) -> int:
        """How many requests of `asker` this window has seen with this one; 0 where the cache cannot be reached."""
        key = self.name_counter(asker)
        try:
            cache.add(key, 0)
            return cache.incr(key)
        # ValueError: the entry went between the two lines.
        except (RedisError, OSError, ValueError) as error:
            logger.warning("requests are not counted: %s", error)
            return 0

    def read(self, asker: str) -> int:
        """How many requests of `asker` this window has counted; 0 where the cache cannot be reached."""
        try:
            return int(cache.get(self.name_counter(asker), 0))
        except (RedisError, OSError) as error:
            logger.warning("requests are not counted: %s", error)
            return 0

    def name_counter(self, asker: str) -> str:
        """The key of what `asker` is counted under in this window."""
        return f"api:{self.name}:{asker}:{int(time.time()) // self.window_s}"

    def wait(self) -> float:
        """Seconds until the next window."""
        return float(self.window_s - int(time.time()) % self.window_s)


class RequestLimit(Limit):
    """Requests of any kind."""

    name, setting, window_s = "requests", "API_REQUESTS_PER_MINUTE", 60


class WorkLimit(Limit):
    """Requests that start a job or store a picture."""

    name, setting, window_s = "work", "API_JOBS_PER_HOUR", 3600


class WrongTokenLimit(Limit):
    """Wrong tokens from one address; right ones are not counted. Once it is reached no token from there is looked up in this window."""

    name, setting, window_s = "wrong-tokens", "API_WRONG_TOKENS_PER_MINUTE", 60

    def is_reached(self, address: str) -> bool:
        """Whether this window has seen as many wrong tokens from `address` as the setting allows."""
        most: int = getattr(settings, self.setting)
        return most > 0 and self.read(address) >= most


def name_asker(request: Request) -> str:
    """Whose requests are counted together."""
    return f"token-{request.auth.pk}" if isinstance(request.auth, ApiToken) else f"person-{request.user.pk}"
