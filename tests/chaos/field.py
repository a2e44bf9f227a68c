"""What can be hit: exchange, servers, publishers, and a reader that may be held back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.pair import Pair
from tests.faults.scene import SYMBOLS, Scene, Watcher
from tests.polling import wait_until
from tests.servers import RedisServer
from tests.topology.sentinels import SETTLE_S, SentinelSet

USER = "feed"
"""Who the publishers are to Redis; everybody else is its default user."""


class Access:
    """The publishers' rights and password: a file that all servers share, so that one which comes
    back empty knows them too, and the file that the publishers read at each connect.
    """

    def __init__(self, folder: Path) -> None:
        self.acl, self.password = folder / "users.acl", folder / "password"
        self.write("f1rst", "+@all")
        self.hand_out("f1rst")

    @property
    def options(self) -> tuple[str, ...]:
        """What the servers are started with."""
        return "--aclfile", str(self.acl)

    def url(self, url: str) -> str:
        """Return the address as the publishers have it."""
        return url.replace("://", f"://{USER}@") + f"?password_file={self.password}"

    def write(self, secret: str, rights: str) -> None:
        """Say what the servers know of the user, once they load the file."""
        everything = "~* &*"
        self.acl.write_text(
            f"user default on nopass {everything} +@all\n"
            f"user {USER} on >{secret} {everything} {rights}\n"
        )

    def hand_out(self, secret: str) -> None:
        """Give the publishers the password."""
        self.password.write_text(f"{secret}\n")

    def load(self, group: SentinelSet) -> None:
        """Have all servers read the file, which ends the user's connections."""
        for server in group.servers:
            with server.client() as client:
                client.execute_command("ACL", "LOAD")


@dataclass
class Field:
    """Everything that can be hit, and what the hits cost."""

    scene: Scene
    group: SentinelSet
    pair: Pair
    access: Access
    slow: Watcher
    """The reader that is held back."""
    chance: random.Random
    takeovers_s: list[float] = field(default_factory=list)

    def primary(self) -> RedisServer:
        """Return the primary, when nobody is about to replace it: what is done to it is done."""
        wait_until(self.group.is_calm, SETTLE_S, "Sentinels are calm")
        return self.group.primary

    def symbol(self) -> str:
        """Return one of the symbols."""
        return self.chance.choice(SYMBOLS)

    def last(self, least_s: float, most_s: float) -> None:
        """Let a fault last: a random length, not a wait."""
        time.sleep(self.chance.uniform(least_s, most_s))


Blow = Callable[[Field], object]
