"""The one private REST call of the venue: POST /0/private/GetWebSocketsToken (protocol.md 10.2).

HTTP 200 even for API errors. Pure; the time is an argument.
"""

from __future__ import annotations

from publisher.simulator.faults import Armed
from publisher.simulator.frames import compact
from publisher.simulator.signing import Signatures
from publisher.simulator.tokens import LIFE_S, Tokens
from publisher.simulator.web import WebAnswer, WebRequest

PREFIX = "/0/private/"


class PrivateRest:
    """Tokens for whoever holds the account's key."""

    def __init__(self, signatures: Signatures, tokens: Tokens) -> None:
        self.refusals: list[Armed] = []
        """The faults that refuse requests which are in order."""
        self._signatures = signatures
        self._tokens = tokens

    def answer(self, request: WebRequest, now_ns: int) -> WebAnswer:
        """Return the answer for a path below /0/private/."""
        if request.method != "POST" or request.path != f"{PREFIX}GetWebSocketsToken":
            return _error("EGeneral:Unknown method")
        error = self._signatures.objection(request)
        if error is not None:
            return _error(error)
        if self.refusals:
            fault = self.refusals[0]
            fault.strike()
            self.refusals = [each for each in self.refusals if not each.is_over]
            return _error(fault.text("error"))
        result = {"token": self._tokens.issue(now_ns), "expires": LIFE_S}
        return WebAnswer(compact({"error": [], "result": result}))


def _error(error: str) -> WebAnswer:
    return WebAnswer(compact({"error": [error]}))
