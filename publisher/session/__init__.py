"""The session: a pure state machine from Kraken's messages and the time to actions."""

from publisher.session.actions import Action, Close, Emit, Log, Notify, Send
from publisher.session.session import Session

__all__ = ["Action", "Close", "Emit", "Log", "Notify", "Send", "Session"]
