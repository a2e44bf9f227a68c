"""The session: a pure state machine from Kraken's messages and the time to actions."""

from publisher.session.group import SessionGroup
from publisher.session.session import Session

__all__ = ["Session", "SessionGroup"]
