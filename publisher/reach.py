"""Which Redis the commands beside `run` speak to: the one set, or a running embedded server."""

from __future__ import annotations

from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from publisher.embedded import find_running
from publisher.errors import ConfigurationError
from publisher.settings import Settings
from publisher.state import StateFolder


def redis_url(settings: Settings) -> str:
    """Return the URL; raise ConfigurationError when none is set and no embedded server runs."""
    found = settings.redis_url or find_running(StateFolder(settings.state_dir))
    if found is None:
        raise ConfigurationError(
            "PYKRAKEN_REDIS_URL",
            "",
            "is not set and no embedded server runs: set it, or start `pykraken run` "
            "or `pykraken demo` first",
        )
    return _trusting(found, settings)


def _trusting(url: str, settings: Settings) -> str:
    """Return `url` with the private CA, if one is set, as redis-py reads it from a URL."""
    if settings.ca_file is None or not url.startswith("rediss://"):
        return url
    return f"{url}{'&' if '?' in url else '?'}ssl_ca_certs={quote(str(settings.ca_file))}"


def connect(url: str, settings: Settings) -> redis.Redis:
    """Return a client that tries once, so that what it says is what happened.

    It gives itself no name: a user may lack the right to, and nothing would be asked at all.
    """
    return redis.Redis.from_url(
        url,
        protocol=2,
        socket_timeout=settings.redis_timeout_s,
        socket_connect_timeout=settings.redis_timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
