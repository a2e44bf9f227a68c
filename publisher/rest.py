"""Kraken's public REST beside the socket: the system's state and the time. A shell over requests.

It tries once, follows no redirect and reads neither proxy nor password from the environment: what
it says is what the settings lead to. It knows no settings and judges nothing. Each call raises a
RestError and nothing else; no secret of a URL stands in it. A call may last longer than its
timeout, which counts each address and each read alone, and the resolver not at all: who must not
wait calls from a thread.
"""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import Self, TypeVar

import msgspec
import requests

from publisher import __version__
from publisher.errors import PykrakenError
from publisher.setting_rules import mask_url

PUBLIC = "/0/public/"


class RestError(PykrakenError):
    """A REST call has no result. `call` is its name, such as `Time`."""

    def __init__(self, call: str, reason: str) -> None:
        super().__init__(call, reason)
        self.call = call
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.call}: {self.reason}"


class RestUnreachable(RestError):
    """No answer of Kraken's came: network, proxy, TLS, time, or somebody else answered."""


class RestRefused(RestError):
    """Kraken answered with an error, such as `EService:Unavailable`; its status is 200 all the
    same (protocol.md 10).
    """


class SystemStatus(msgspec.Struct, frozen=True):
    """`status` is online, maintenance, cancel_only or post_only; `timestamp` is RFC 3339 text."""

    status: str
    timestamp: str


class _Time(msgspec.Struct, frozen=True):
    unixtime: int


class _Envelope(msgspec.Struct, frozen=True):
    error: list[str]
    result: msgspec.Raw = msgspec.Raw(b"null")


T = TypeVar("T")


class Rest:
    """Kraken's REST at `url`. Connects with the first call; for one thread."""

    def __init__(
        self,
        url: str,
        timeout_s: float,
        *,
        ca_file: str | None = None,
        http_proxy: str | None = None,
    ) -> None:
        self._base = url.rstrip("/") + PUBLIC
        self._timeout_s = timeout_s
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = f"pykraken/{__version__}"
        self._session.verify = ca_file or _system_trust() or True
        if http_proxy:
            self._session.proxies = {"http": http_proxy, "https": http_proxy}

    def system_status(self) -> SystemStatus:
        """Return the state of Kraken's system. Raise RestUnreachable or RestRefused."""
        return self._get("SystemStatus", SystemStatus)

    def time(self) -> int:
        """Return Kraken's Unix time in whole seconds. Raise RestUnreachable or RestRefused."""
        return self._get("Time", _Time).unixtime

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _get(self, call: str, kind: type[T]) -> T:
        try:
            answer = self._session.get(
                self._base + call, timeout=self._timeout_s, allow_redirects=False
            )
        except requests.Timeout:
            raise RestUnreachable(call, f"no answer within {self._timeout_s:g} s") from None
        except (
            requests.RequestException,
            OSError,
        ) as error:  # OSError: a CA file that is not there
            raise RestUnreachable(call, _root(error)) from None
        try:
            envelope = msgspec.json.decode(answer.content, type=_Envelope)
            if envelope.error:
                raise RestRefused(call, ", ".join(envelope.error)[:400])
            return msgspec.json.decode(envelope.result, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            reason = f"HTTP {answer.status_code} with something else than Kraken's answer"
            raise RestUnreachable(call, reason) from None


def _root(error: BaseException) -> str:
    """Return the system's own words: requests wraps them in layers that name whole URLs."""
    deepest: BaseException | None = error
    while isinstance(deepest, requests.RequestException) or not isinstance(deepest, OSError):
        if deepest is None:
            return type(error).__name__
        deepest = deepest.__context__
    return mask_url(str(deepest)) or type(deepest).__name__


def _system_trust() -> str | None:
    """Return the system's CAs, which the feed trusts too, instead of the ones requests brings."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.capath
