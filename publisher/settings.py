"""Every setting of pykraken: its name, its default with the reason, and what it may be.

One frozen model. A value comes from a flag, else from the environment (`PYKRAKEN_...`), else from
the file `.env` of the working folder, else from here. All faults are found at once and before
anything connects, one line each. A secret (an API key, a URL's password) stands in no repr and in
no fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsConfigDict

from publisher import channel_rules
from publisher.errors import ConfigurationError, InvalidSettings
from publisher.feed_settings import FeedSettings
from publisher.redis_url import parse, with_options
from publisher.setting_rules import mask_url
from publisher.setting_types import (
    ApiKey,
    ApiSecret,
    CaFile,
    FeedId,
    HttpUrl,
    LogFormat,
    LogLevel,
    Namespace,
    RedisUrl,
    WebSocketUrl,
    default_state_dir,
)

PREFIX = "PYKRAKEN_"
MIB = 1024 * 1024
REDIS_FILES = {
    "redis_password_file": "password_file",
    "redis_username_file": "username_file",
    "redis_sentinel_password_file": "sentinel_password_file",
    "redis_cert_file": "ssl_certfile",
    "redis_key_file": "ssl_keyfile",
}
"""Fields that add to the URL of Redis, and what they are called there (redis_url.py)."""

SECRET: dict[str, Any] = {"secret": True}


class Settings(FeedSettings):
    """The settings of one process. Raises pydantic's ValidationError; `load` says it plainly."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,  # `PYKRAKEN_REDIS_URL=` in a compose file means: not set
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    redis_url: RedisUrl | None = Field(
        default=None,
        repr=False,
        json_schema_extra=SECRET,
        description="Where to publish: redis://host/0, unix:///path, "
        "redis+sentinel://host,host/master, redis+cluster://host,host; rediss... with TLS. "
        "Default: unset, which starts an embedded server, so that nothing need be installed.",
    )
    redis_username_file: Path | None = Field(
        default=None,
        description="File with the user's name, read at each connect. Default: unset, the URL's.",
    )
    redis_password_file: Path | None = Field(
        default=None,
        description="File with the password, read at each connect, so that it may be rotated. "
        "Default: unset, the URL's.",
    )
    redis_sentinel_password_file: Path | None = Field(
        default=None,
        description="Likewise for the Sentinels. Default: unset, they are asked without one.",
    )
    redis_cert_file: Path | None = Field(
        default=None,
        description="PEM file of our certificate, for a Redis that asks for one (mutual TLS). "
        "Default: unset, none is shown.",
    )
    redis_key_file: Path | None = Field(
        default=None,
        description="PEM file of its key. Default: unset, it stands in the certificate's file.",
    )
    namespace: Namespace = Field(
        default="kraken",
        description="First part of every key. Default: the venue, so that other venues fit beside.",
    )
    feed: FeedId | None = Field(
        default=None,
        description="Name of this feed in its lease and status keys. Default: unset, derived from "
        "channel, parameter and symbols, so that two equal configurations are one feed.",
    )
    line: Literal["", "a", "b"] = Field(
        default="",
        description="Line in A/B mode, in every stream's name. Default: none, a single line.",
    )
    account: Namespace = Field(
        default="main",
        description="Name of the account in the keys of executions and balances, for readers and "
        "their rights; Kraken does not see it. Default: main, since most have one.",
    )
    api_key: ApiKey | None = Field(
        default=None,
        description="API key for level3, executions and balances; one of its own for each "
        "process. Default: unset, the other channels need none.",
    )
    api_key_file: Path | None = Field(
        default=None,
        description="File with it instead, read at each use. Default: unset, as the key.",
    )
    api_secret: ApiSecret | None = Field(
        default=None,
        description="The key's secret (Kraken: private key), base64. Default: unset, as the key.",
    )
    api_secret_file: Path | None = Field(
        default=None,
        description="File with it instead, read at each use. Default: unset, as the key.",
    )
    ws_url: WebSocketUrl = Field(
        default="wss://ws.kraken.com/v2",
        description="Kraken's public WebSocket v2. Default: the endpoint that Kraken documents.",
    )
    ws_l3_url: WebSocketUrl = Field(
        default="wss://ws-l3.kraken.com/v2",
        description="Kraken's level 3 WebSocket. Default: the endpoint that Kraken documents.",
    )
    ws_auth_url: WebSocketUrl = Field(
        default="wss://ws-auth.kraken.com/v2",
        description="Kraken's private WebSocket. Default: the endpoint that Kraken documents.",
    )
    rest_url: HttpUrl = Field(
        default="https://api.kraken.com",
        description="Kraken's REST. Default: the endpoint that Kraken documents.",
    )
    http_proxy: HttpUrl | None = Field(
        default=None,
        repr=False,
        json_schema_extra=SECRET,
        description="HTTP proxy for the WebSocket and REST. Default: unset, connect directly.",
    )
    ca_file: CaFile | None = Field(
        default=None,
        description="PEM file of a private CA, for a TLS proxy before Kraken or a Redis of one's "
        "own. It takes the place of the system's CAs for both: where Redis alone has a private "
        "CA, put ?ssl_ca_certs=FILE into its URL instead. Default: unset, the CAs that the system "
        "trusts.",
    )
    ws_timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=120,
        description="For TCP, TLS and handshake together. Default: 10, twice the liveness of a "
        "running connection, since opening one takes more round trips.",
    )
    frame_max_bytes: int = Field(
        default=16 * MIB,
        ge=64 * 1024,
        le=256 * MIB,
        description="Longest message taken from Kraken. Default: 16 MiB, an instrument snapshot "
        "(0.4 MB) and the largest book many times over.",
    )
    lease_s: float = Field(
        default=1.5,
        ge=0.3,
        le=60,
        description="How long the lease of a feed lasts without renewal. Default: 1.5, a takeover "
        "within two seconds that a short pause does not cause.",
    )
    redis_timeout_s: float = Field(
        default=1.0,
        gt=0,
        le=60,
        description="For each call to Redis; must be below the lease. Default: 1, so that a "
        "stalled server is noticed before the lease runs out.",
    )
    heartbeat_s: float = Field(
        default=5.0,
        gt=0,
        le=5,
        description="A stream that is quiet for so long gets a heartbeat. Default and most: 5, "
        "since readers call a stream stale after three (WIRE.md 7.4).",
    )
    snapshot_interval_s: float = Field(
        default=5.0,
        ge=0.1,
        le=3600,
        description="Between the snapshots of a book that changes. Default: 5, so that a late "
        "reader replays at most five seconds.",
    )
    audit_interval_s: float = Field(
        default=600.0,
        ge=0,
        description="Each book of more than ten levels is compared once in so long with a second "
        "subscription's, since no checksum covers the levels below; 0: never. Default: 600.",
    )
    retention_s: float = Field(
        default=60.0,
        ge=1,
        le=86_400,
        description="Least age of the oldest kept snapshot, and so how far a reader may fall "
        "behind. Default: 60, a restart of a reader with time to spare.",
    )
    ring_seconds: float = Field(
        default=60.0,
        ge=1,
        le=3600,
        description="How long published entries stay in memory to refill what Redis lost. "
        "Default: 60, as long as the retention: more could not be trimmed back in.",
    )
    ring_bytes: int = Field(
        default=16 * MIB,
        ge=MIB,
        le=4096 * MIB,
        description="Most memory for those entries. Default: 16 MiB, which keeps the publisher "
        "under 80 MB in all.",
    )
    stream_max_bytes: int = Field(
        default=256 * MIB,
        ge=MIB,
        description="Emergency brake: a stream that grows past this is trimmed, with a notice. "
        "Default: 256 MiB, far above 60 s of the busiest book.",
    )
    embedded_port: int = Field(
        default=6379,
        ge=1,
        le=65_535,
        description="Port of the embedded server; the next free one when it is taken. Default: "
        "6379, where every client looks first.",
    )
    embedded_dir: Path | None = Field(
        default=None,
        description="Folder in which the embedded server keeps its data. Default: unset, memory "
        "only, since streams hold a minute.",
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        description="Port of /metrics (Prometheus), /livez, /startz and /readyz. Default: unset, "
        "no port is opened that nobody asked for; each publisher of a machine needs its own.",
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address of that port. Default: 127.0.0.1, since whoever reaches it may read "
        "it; 0.0.0.0 in a container.",
    )
    state_dir: Path = Field(
        default_factory=default_state_dir,
        description="Folder for what must outlive a restart: connect budget, last nonce, address "
        "of the embedded server, the messages before a wrong checksum. Default: the user's "
        "folder for state.",
    )
    log_format: LogFormat = Field(
        default="auto", description="Default: auto, human on a terminal and JSON lines elsewhere."
    )
    log_level: LogLevel = Field(
        default="info", description="Least level that is logged. Default: info, a line per change."
    )

    @field_validator("redis_timeout_s")
    @classmethod
    def _below_the_lease(cls, timeout_s: float, info: ValidationInfo) -> float:
        lease_s = info.data.get("lease_s", timeout_s + 1)
        if timeout_s >= lease_s:
            raise ValueError(f"must be below {variable('lease_s')} ({lease_s:g})")
        return timeout_s

    @field_validator("retention_s")
    @classmethod
    def _spans_a_snapshot(cls, retention_s: float, info: ValidationInfo) -> float:
        interval_s = info.data.get("snapshot_interval_s", retention_s)
        if retention_s < interval_s:
            raise ValueError(f"must be at least {variable('snapshot_interval_s')} ({interval_s:g})")
        return retention_s


def load(overrides: Mapping[str, object] | None = None) -> Settings:
    """Return the settings, `overrides` (field names) above all else; raise InvalidSettings."""
    try:
        settings = Settings.model_validate(dict(overrides or {}))
    except ValidationError as error:
        faults = _faults(error)
    else:
        faults = _unfit(settings)
    if faults:  # raised out here: in there the error would lead to the values, secrets among them
        raise InvalidSettings(faults)
    return settings


def variable(field: str) -> str:
    """Return the environment variable of a field, `PYKRAKEN_DEPTH` for `depth`."""
    return PREFIX + field.upper()


def is_secret(field: FieldInfo) -> bool:
    """Tell whether the field's values may hold a password."""
    return field.json_schema_extra == SECRET


def is_all_secret(field: FieldInfo) -> bool:
    """Tell whether the field's values are secrets as a whole, which no argument may hold."""
    kinds = get_args(field.annotation)  # of `ApiKey | None`, where ApiKey is annotated
    return any(SecretStr in get_args(kind) for kind in kinds)


def feed_id(settings: Settings) -> str:
    """Return the feed's id: the one set, else derived from what it publishes."""
    return settings.feed or channel_rules.feed_name(_choice(settings), settings.line)


def _choice(settings: Settings) -> channel_rules.Choice:
    return channel_rules.Choice(
        channel=settings.channel,
        symbols=settings.symbols,
        depth=settings.depth,
        interval=settings.interval,
        trigger=settings.trigger,
        account=settings.account,
        bbo=settings.bbo,
        quotes=settings.quotes,
        statuses=settings.statuses,
        shard=settings.shard,
    )


def _faults(error: ValidationError) -> tuple[ConfigurationError, ...]:
    """Return one error for each wrong value, in the words of this project, secrets masked."""
    return tuple(
        ConfigurationError(
            setting=variable(field),
            value=_shown(field, fault["input"]),
            allowed=fault["msg"].removeprefix("Value error, ").replace("Input should", "must"),
        )
        for fault in error.errors(include_url=False)
        for field in (str(fault["loc"][0]),)
    )


def _shown(field: str, value: object) -> str:
    if is_all_secret(Settings.model_fields[field]):
        return "***"
    return mask_url(",".join(value) if isinstance(value, tuple) else str(value))


def _unfit(settings: Settings) -> tuple[ConfigurationError, ...]:
    """Return an error for each setting that does not go with the channel or with Redis' URL."""
    choice = _choice(settings)
    if "symbols" not in settings.model_fields_set:  # nobody asked for the default ones
        choice = choice._replace(symbols=())
    return tuple(
        ConfigurationError(variable(field), _shown(field, getattr(settings, field)), allowed)
        for field, allowed in (*channel_rules.faults(choice), *_redis_faults(settings))
    )


def _redis_faults(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield each file that cannot be added to the URL of Redis, or that it lacks, and why."""
    url = settings.redis_url
    if url is not None and settings.redis_password_file is None:
        try:
            parse(url)
        except ValueError as error:
            yield "redis_url", f"{error}; {variable('redis_password_file')} may name that file"
            return
    for field, option in REDIS_FILES.items():
        file = getattr(settings, field)
        if file is None:
            continue
        if url is None:
            yield field, f"needs {variable('redis_url')}: the embedded server has no use for it"
            continue
        longer = with_options(url, **{option: str(file)})
        try:
            parse(longer)
        except ValueError as error:
            yield field, f"with {variable('redis_url')} as it is, that {error}"
        else:
            url = longer
