"""Every error that pykraken raises on purpose.

Each class says who is at fault and what happens next. Errors carry fields; the sentence is composed
in `__str__`, so that tests and logs read fields, never prose. `exit_code` is what the process
returns when the error ends it (decisions: 2 configuration, 3 refused for good, 4 fenced by another
feed, 70 internal; 75 try again later).

    PykrakenError
      ConfigurationError      the user's setting; nothing was connected
        MissingExtra          an optional package is not installed
      InvalidSettings         all wrong settings of one start
      RefusedError            Redis or Kraken said no for good
        RedisRefused
        KrakenRefused
      KrakenUnreachable       no list of symbols could be had; a later start may have it
      FencedError             another live feed owns the stream
      ProtocolError           Kraken sent what its protocol does not allow
        FrameTooLarge
        BadFrame
        BadNumber
      InternalError           our own fault
"""

from __future__ import annotations


class PykrakenError(Exception):
    """Base of all errors that pykraken raises on purpose."""

    exit_code = 70


class ConfigurationError(PykrakenError):
    """A setting has a value that is not allowed. Raised before anything connects."""

    exit_code = 2

    def __init__(self, setting: str, value: object, allowed: str) -> None:
        super().__init__(setting, value, allowed)
        self.setting = setting
        self.value = value
        self.allowed = allowed

    def __str__(self) -> str:
        return f"{self.setting}={self.value!r}: {self.allowed}"


class MissingExtra(ConfigurationError):
    """A command needs an optional package that is not installed."""

    def __init__(self, extra: str, package: str, needed_by: str) -> None:
        super().__init__(extra, package, needed_by)
        self.extra = extra
        self.package = package
        self.needed_by = needed_by

    def __str__(self) -> str:
        return (
            f"{self.needed_by} needs the package {self.package}: "
            f"install it with: pip install 'pykraken[{self.extra}]'"
        )


class InvalidSettings(PykrakenError):
    """One or more settings have values that are not allowed; `faults` has one error for each."""

    exit_code = 2

    def __init__(self, faults: tuple[ConfigurationError, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class RefusedError(PykrakenError):
    """The other side refused for good: trying again cannot help."""

    exit_code = 3

    def __init__(self, what: str, answer: str, mend: str) -> None:
        super().__init__(what, answer, mend)
        self.what = what
        self.answer = answer
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what}: {self.answer}. {self.mend}"


class RedisRefused(RefusedError):
    """Redis refused for good: rights, version, policy or a key of another type."""


class KrakenRefused(RefusedError):
    """Kraken refused for good: every symbol of the feed, or the endpoint itself."""


class KrakenUnreachable(PykrakenError):
    """Kraken's list of pairs could not be had in time; the next start may have it."""

    exit_code = 75

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url = url
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"Kraken: no list of its pairs from {self.url}: {self.reason}. Check PYKRAKEN_WS_URL, "
            f"PYKRAKEN_HTTP_PROXY and PYKRAKEN_CA_FILE, or name the symbols instead of `all`"
        )


class FencedError(PykrakenError):
    """Another live feed owns a stream that this feed would write."""

    exit_code = 4

    def __init__(self, stream: str, owner: str, feed: str) -> None:
        super().__init__(stream, owner, feed)
        self.stream = stream
        self.owner = owner
        self.feed = feed

    def __str__(self) -> str:
        return (
            f"stream {self.stream} is written by the live feed {self.owner}, not by {self.feed}: "
            f"stop that feed, or change PYKRAKEN_SYMBOLS, PYKRAKEN_DEPTH or PYKRAKEN_NAMESPACE"
        )


class ProtocolError(PykrakenError):
    """Kraken sent what its protocol does not allow; the connection or the symbol starts again."""


class FrameTooLarge(ProtocolError):
    """A WebSocket message is longer than PYKRAKEN_FRAME_MAX_BYTES."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(size, limit)
        self.size = size
        self.limit = limit

    def __str__(self) -> str:
        over = f"frame of {self.size} bytes is over the limit of {self.limit}"
        return f"{over}: raise PYKRAKEN_FRAME_MAX_BYTES"


class BadFrame(ProtocolError):
    """A WebSocket frame breaks RFC 6455, or a message is not the JSON that its channel promises."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"bad frame: {self.reason}"


class BadNumber(ProtocolError):
    """A number on the wire is no decimal, or is finer than its instrument's precision."""

    def __init__(self, text: str, precision: int) -> None:
        super().__init__(text, precision)
        self.text = text
        self.precision = precision

    def __str__(self) -> str:
        return f"{self.text!r} is not a number of at most {self.precision} decimals"


class InternalError(PykrakenError):
    """pykraken broke one of its own rules."""
