"""Servers that speak TLS, among each other too. What a test itself asks them goes by plain ports,
which those under test are not told.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.feed.certificates import Identity
from tests.servers import RedisServer, free_port


@dataclass(frozen=True)
class Tls:
    """The authority, what the servers show, and whether they ask clients for the same."""

    ca: Identity
    shown: Identity
    is_mutual: bool

    def options(self) -> tuple[str, ...]:
        """Return flags for one server: a TLS port of its own, and TLS to its peers."""
        return (
            *("--tls-port", str(free_port()), "--tls-ca-cert-file", str(self.ca.certificate)),
            *("--tls-cert-file", str(self.shown.certificate)),
            *("--tls-key-file", str(self.shown.key), "--tls-replication", "yes"),
            *("--tls-auth-clients", "yes" if self.is_mutual else "no"),
        )

    @property
    def settings(self) -> dict[str, object]:
        """What a publisher needs for it."""
        files = {"redis_cert_file": self.shown.certificate, "redis_key_file": self.shown.key}
        return {"ca_file": self.ca.certificate, **(files if self.is_mutual else {})}

    @property
    def query(self) -> str:
        """What a consumer's URL ends in."""
        text = f"?ssl_ca_certs={self.ca.certificate}"
        if self.is_mutual:
            text += f"&ssl_certfile={self.shown.certificate}&ssl_keyfile={self.shown.key}"
        return text


def told_port(server: RedisServer) -> int:
    """Return the port that programs and other servers are told: that of TLS if there is one."""
    options = server.options
    if "--tls-port" not in options:
        return server.port
    return int(options[options.index("--tls-port") + 1])
