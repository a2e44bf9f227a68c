"""Kraken's REST beside the socket: the system's state, the time, past trades, a token. A shell over
requests.

It tries once, follows no redirect and reads neither proxy nor password from the environment: what
it says is what the settings lead to. It knows no settings and judges nothing. Each call raises a
RestError and nothing else; no password, key, signature or token stands in it or in the locals of
its traceback. A call may last longer than its timeout, which counts each address and each read
alone, and the resolver not at all: who must not wait calls from a thread.
"""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec
from pydantic import SecretStr

from publisher import __version__
from publisher.credentials import Credentials
from publisher.errors import BadFrame, PykrakenError
from publisher.kraken.signing import sign
from publisher.kraken.trade import PAGE_ROWS, TradesPage, decode_page
from publisher.setting_rules import mask_url

if TYPE_CHECKING:
    import requests

PUBLIC = "/0/public/"
PRIVATE = "/0/private/"


class RestError(PykrakenError):
    """A REST call has no result. `call` is its name, such as `Time`."""

    def __init__(self, call: str, reason: str) -> None:
        super().__init__(call, reason)
        self.call = call
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.call}: {self.reason}"


class RestUnreachable(RestError):
    """No answer of Kraken's came: network, proxy, TLS, time, or somebody else answered, then with
    the HTTP `status`.
    """

    def __init__(self, call: str, reason: str, status: int | None = None) -> None:
        super().__init__(call, reason)
        self.status = status


class RestRefused(RestError):
    """Kraken answered with `errors`, such as `EService:Unavailable`; its status is 200 all the
    same (protocol.md 10).
    """

    def __init__(self, call: str, errors: tuple[str, ...]) -> None:
        super().__init__(call, ", ".join(errors)[:400])
        self.errors = errors


class SystemStatus(msgspec.Struct, frozen=True):
    """`status` is online, maintenance, cancel_only or post_only; `timestamp` is RFC 3339 text."""

    status: str
    timestamp: str


class Token(msgspec.Struct, frozen=True, rename={"value": "token", "expires_s": "expires"}):
    """A WebSocket token; to be used within `expires_s` seconds of its issue (protocol.md 7)."""

    value: SecretStr
    expires_s: int


class _Time(msgspec.Struct, frozen=True):
    unixtime: int


class _Envelope(msgspec.Struct, frozen=True):
    error: list[str]
    result: msgspec.Raw = msgspec.Raw(b"null")


class _Signature:
    """Puts key and signature on a request when requests has made it: no local holds them."""

    def __init__(self, credentials: Credentials, path: str, nonce: int, body: str) -> None:
        self._credentials = credentials
        self._signed = path, str(nonce), body

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["API-Key"] = self._credentials.key.get_secret_value()
        request.headers["API-Sign"] = sign(*self._signed, self._credentials.secret)
        return request


KINDS = ("lockout", "rate_limit", "unreachable", "other")
"""Of failed calls that time may mend, for counting: the others end the process."""
_BY_WORDS = (
    ("EGeneral:Temporary lockout", "lockout"),
    ("EAPI:Rate limit", "rate_limit"),
    ("EAuth:Rate limit", "rate_limit"),
    ("EAuth:Too many requests", "rate_limit"),
    ("EService: Throttled", "rate_limit"),
    ("EService:Throttled", "rate_limit"),
)


def kind_of(error: RestError) -> str:
    """Return the kind of a failed call."""
    if isinstance(error, RestRefused):
        found = (kind for words, kind in _BY_WORDS if error.reason.startswith(words))
        return next(found, "other")
    return "unreachable"


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
        self._base = url.rstrip("/")
        self._timeout_s = timeout_s
        import requests  # 6 MB that a feed without calls goes without

        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = f"pykraken/{__version__}"
        self._session.verify = ca_file or _system_trust() or True
        if http_proxy:
            self._session.proxies = {"http": http_proxy, "https": http_proxy}

    def system_status(self) -> SystemStatus:
        """Return the state of Kraken's system. Raise RestUnreachable or RestRefused."""
        return self._call("GET", PUBLIC + "SystemStatus", SystemStatus)

    def time(self) -> int:
        """Return Kraken's Unix time in whole seconds. Raise RestUnreachable or RestRefused."""
        return self._call("GET", PUBLIC + "Time", _Time).unixtime

    def trades(self, symbol: str, since: int) -> TradesPage:
        """Return the oldest trades of a symbol later than `since` (ns), PAGE_ROWS at most
        (protocol.md 10.4). Raise RestUnreachable or RestRefused.
        """
        query = {"pair": symbol, "since": str(since), "count": str(PAGE_ROWS)}
        result = self._call("GET", PUBLIC + "Trades", msgspec.Raw, params=query)
        try:
            return decode_page(bytes(result))
        except BadFrame as error:
            raise RestUnreachable("Trades", error.reason) from None

    def websockets_token(self, credentials: Credentials, nonce: int) -> Token:
        """Return a fresh token (protocol.md 10.2). Raise RestUnreachable or RestRefused."""
        path, body = PRIVATE + "GetWebSocketsToken", f"nonce={nonce}"
        return self._call(
            "POST",
            path,
            Token,
            data=body.encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            auth=_Signature(credentials, path, nonce, body),
        )

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

    def _call(self, method: str, path: str, kind: type[T], **more: Any) -> T:
        call = path.rpartition("/")[2]
        answer = self._ask(method, path, call, **more)
        if isinstance(answer, RestUnreachable):
            # Raised out here: requests' own error, which would lead to the headers, is gone by now.
            raise answer
        return _read(answer, call, kind)

    def _ask(
        self, method: str, path: str, call: str, **more: Any
    ) -> requests.Response | RestUnreachable:
        import requests

        try:
            return self._session.request(
                method, self._base + path, timeout=self._timeout_s, allow_redirects=False, **more
            )
        except requests.Timeout:
            return RestUnreachable(call, f"no answer within {self._timeout_s:g} s")
        except (requests.RequestException, OSError) as error:  # OSError: a CA file not there
            return RestUnreachable(call, _root(error))


def _read(answer: requests.Response, call: str, kind: type[T]) -> T:
    try:
        envelope = msgspec.json.decode(answer.content, type=_Envelope)
        if not envelope.error:
            return msgspec.json.decode(envelope.result, type=kind, dec_hook=_secret)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    else:
        raise RestRefused(call, tuple(envelope.error))
    reason = f"HTTP {answer.status_code} with something else than Kraken's answer"
    raise RestUnreachable(call, reason, answer.status_code)


def _secret(kind: type, value: object) -> object:
    if kind is SecretStr and isinstance(value, str) and value:
        return SecretStr(value)
    raise ValueError("a secret is text and not empty")


def _root(error: BaseException) -> str:
    """Return the system's own words: requests wraps them in layers that name whole URLs."""
    import requests

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
