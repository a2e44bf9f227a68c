"""Where Redis is, from a URL's text: one server, the master that Sentinels name, the nodes of a
cluster, or a Unix socket. Pure.

    redis://[user:password@]host[:6379][/db]                    rediss:// with TLS
    redis+sentinel://[user:password@]host[:26379][,...]/master[/db]    rediss+sentinel://
    redis+cluster://[user:password@]host[:6379][,...]           rediss+cluster://
    unix://[user:password@]/path[?db=0]

What else a URL may say stands in `QUERIES`. Certificates are always verified: nothing in a URL
turns that off. No message here holds any part of the URL, which may hold a password. The consumer
library has rules of its own, the same ones (tests/topology/urls.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

Kind = Literal["one", "sentinel", "cluster"]

SCHEMES: dict[str, tuple[Kind, bool]] = {
    "redis": ("one", False),
    "rediss": ("one", True),
    "unix": ("one", False),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
}
"""Of each scheme: what stands there, and whether TLS is spoken."""
FORMS = "must be a URL " + " or ".join(f"{scheme}://..." for scheme in SCHEMES)
PORTS: dict[Kind, int] = {"one": 6379, "sentinel": 26379, "cluster": 6379}

QUERIES = {
    "db": "number of the database",
    "protocol": "2 or 3, the version of RESP; 2 unless given",
    "username": "who asks, where it does not stand before the @",
    "password": "likewise",
    "username_file": "file with the user's name, read at each connect",
    "password_file": "file with the password, read at each connect",
    "sentinel_username": "who asks the Sentinels; without it and a password they are just asked",
    "sentinel_password": "likewise",
    "sentinel_password_file": "file with it, read at each connect",
    "ssl_ca_certs": "PEM file of a private CA",
    "ssl_certfile": "PEM file of the client's certificate, for mutual TLS",
    "ssl_keyfile": "PEM file of its key",
    "ssl_password": "what that key's file is encrypted with, if it is",
}
"""What may follow the `?`."""
SWITCHES = {"ssl_cert_reqs": "required", "ssl_check_hostname": "true"}
"""Redis clients know these, by which verification is turned off; here they may only say that it is
on.
"""


class Node(NamedTuple):
    """A server's address."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Target:
    """What a URL says. Secrets stand in no repr."""

    kind: Kind
    nodes: tuple[Node, ...]
    """The server, the Sentinels, or the first nodes to ask; empty for a Unix socket."""
    is_tls: bool = False
    path: str = ""
    """Of the Unix socket."""
    db: int = 0
    master: str = ""
    """The name by which Sentinels know the master."""
    options: dict[str, str] = field(default_factory=dict, repr=False)
    """Of `QUERIES`, `username` and `password` among them wherever they stood; no empty ones."""

    @property
    def protocol(self) -> int:
        """The version of RESP to speak."""
        return int(self.options.get("protocol", "2"))


def parse(url: str, *, is_whole: bool = True) -> Target:
    """Return what `url` says. Raise ValueError with what is allowed. To one that is not whole a
    file with the user's password is still to be added.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket left open
        raise ValueError(f"{FORMS} with a host") from None
    if parts.scheme not in SCHEMES:
        raise ValueError(FORMS)
    kind, is_tls = SCHEMES[parts.scheme]
    options = _options(parts)
    _check_options(options, kind, is_tls=is_tls)
    if is_whole:
        _check_login(options)
    hosts = parts.netloc.rpartition("@")[2]
    if parts.scheme == "unix":
        if hosts or not parts.path.strip("/"):
            raise ValueError("must be unix:///path of the socket, with three slashes")
        return Target(kind, (), path=unquote(parts.path), db=_db(options, ""), options=options)
    nodes = tuple(_node(text, PORTS[kind]) for text in hosts.split(","))
    if kind == "one" and len(nodes) > 1:
        raise ValueError("must name one host: several belong to redis+sentinel or redis+cluster")
    words = [unquote(word) for word in parts.path.split("/")[1:] if word]
    master = ""
    if kind == "sentinel":
        if not words:
            raise ValueError("must name the master behind the Sentinels: /mymaster or /mymaster/0")
        master = words.pop(0)
    if len(words) > 1:
        raise ValueError("must end behind the number of the database")
    db = _db(options, words[0] if words else "")
    if kind == "cluster" and db:
        raise ValueError("must leave the database out: a cluster has one, 0")
    return Target(kind, nodes, is_tls, db=db, master=master, options=options)


def with_options(url: str, **options: str | None) -> str:
    """Return `url` with these of `QUERIES` added to it, but for those that are None."""
    added = "&".join(f"{name}={quote(text)}" for name, text in options.items() if text is not None)
    if not added:
        return url
    return f"{url}{'&' if urlsplit(url).query else '?'}{added}"


def _options(parts: SplitResult) -> dict[str, str]:
    try:
        pairs = parse_qsl(parts.query, strict_parsing=True) if parts.query else []
    except ValueError:
        raise ValueError("must have name=value pairs behind the ?, with & between them") from None
    options = dict(pairs)
    if len(options) < len(pairs):
        raise ValueError("must have each name behind the ? once")
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    for name, text in (("username", unquote(user)), ("password", unquote(password))):
        if text and name in options:
            raise ValueError(f"must have the {name} before the @ or behind the ?, not both")
        if text:
            options[name] = text
    return options


def _check_options(options: dict[str, str], kind: Kind, *, is_tls: bool) -> None:
    for name in options:
        if options[name].lower() != SWITCHES.get(name, options[name].lower()):
            raise ValueError(f"must be without {name}: certificates are always verified")
        if name not in QUERIES and name not in SWITCHES:
            raise ValueError(f"must have behind the ? only {', '.join(QUERIES)}")
        if name.startswith("ssl_") and not is_tls:
            raise ValueError(f"must be of rediss:// (or rediss+...) where {name} is given")
        if name.startswith("sentinel_") and kind != "sentinel":
            raise ValueError(f"must be of redis+sentinel:// where {name} is given")
    for name in ("username", "password", "sentinel_password"):
        if name in options and f"{name}_file" in options:
            raise ValueError(f"must have {name} or {name}_file, not both")
    if "ssl_keyfile" in options and "ssl_certfile" not in options:
        raise ValueError("must have ssl_certfile where ssl_keyfile is given")
    if options.get("protocol", "2") not in ("2", "3"):
        raise ValueError("must have protocol=2 or protocol=3")


def _check_login(options: dict[str, str]) -> None:
    has_name = "username" in options or "username_file" in options
    if has_name and not ("password" in options or "password_file" in options):
        raise ValueError("must have a password (user:password@, or password_file) with the user")


def _node(text: str, port: int) -> Node:
    host, colon, digits = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, digits = text, str(port)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("must have IPv6 addresses in brackets, [::1]:6379")
    if not host:
        raise ValueError(f"{FORMS} with a host, and one behind each comma")
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits) < 65536):
        raise ValueError("must have a port below 65536 behind each host, if any")
    return Node(unquote(host), int(digits))


def _db(options: dict[str, str], word: str) -> int:
    text = options.get("db", "") or word or "0"
    if word and "db" in options:
        raise ValueError("must have the database behind the host or as db=, not both")
    if not (text.isascii() and text.isdigit()):
        raise ValueError("must have a number as the database")
    return int(text)
