"""Which Redis the commands beside `run` speak to: the one set, or a running embedded server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.retry import Retry

from publisher.access import access_to, readable
from publisher.bus.sentinels import master_of
from publisher.embedded import find_running
from publisher.errors import ConfigurationError
from publisher.redis_url import Target, parse, with_options
from publisher.settings import REDIS_FILES, Settings, variable
from publisher.state import StateFolder

OF_A_NODE = ("host", "port", "db", "retry")


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
    return whole_url(found, settings)


def whole_url(url: str, settings: Settings) -> str:
    """Return `url` with what the settings add to it: files of secrets and certificates. A CA that
    the URL names itself is that of Redis alone, and stays.
    """
    target = parse(url, is_whole=False)
    needs_ca = target.is_tls and "ssl_ca_certs" not in target.options
    files: dict[str, Path | None] = {"ssl_ca_certs": settings.ca_file if needs_ca else None}
    files |= {option: getattr(settings, field) for field, option in REDIS_FILES.items()}
    return with_options(url, **{name: str(path) for name, path in files.items() if path})


def check_files(settings: Settings) -> None:
    """Raise ConfigurationError for a file of Redis' that cannot be read now, at the start."""
    for field in ("ca_file", *REDIS_FILES):
        file = getattr(settings, field)
        try:
            if file is not None:
                readable(str(file))
        except OSError as error:
            fault = f"cannot be read: {error.strerror}"
            raise ConfigurationError(variable(field), str(file), fault) from None


def connect(url: str, settings: Settings) -> redis.Redis:
    """Return a client that tries once, so that what it says is what happened.

    It gives itself no name: a user may lack the right to, and nothing would be asked at all.
    """
    target = parse(url)
    node = target.nodes[0] if target.nodes else None
    if target.kind == "cluster":
        return _cluster(target, settings)
    if target.kind == "sentinel":
        node = master_of(target, settings.redis_timeout_s)
    access = access_to(target, node, settings.redis_timeout_s)
    pool = redis.ConnectionPool(connection_class=access.kind, **access.arguments)
    return redis.Redis.from_pool(pool)


def servers(client: redis.Redis) -> list[redis.Redis]:
    """Return a client for each server behind one: of a cluster its primaries."""
    whole: Any = client
    if not isinstance(whole, redis.RedisCluster):
        return [client]
    found: list[redis.Redis] = [whole.get_redis_connection(node) for node in whole.get_primaries()]
    return found


def _cluster(target: Target, settings: Settings) -> redis.Redis:
    """Return a client of a cluster: no `redis.Redis`, but with the methods of one."""
    timeout_s = settings.redis_timeout_s
    access = access_to(target, target.nodes[0], timeout_s)
    options = {name: access.arguments[name] for name in access.arguments if name not in OF_A_NODE}
    client: Any = redis.RedisCluster(
        startup_nodes=[ClusterNode(*node) for node in target.nodes],
        ssl=target.is_tls,
        require_full_coverage=False,
        retry=Retry(NoBackoff(), 1),
        **options,
    )
    found: redis.Redis = client
    return found
