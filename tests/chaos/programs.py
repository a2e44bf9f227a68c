"""What befalls the publishers' processes."""

from __future__ import annotations

import signal
import time

from tests.chaos.field import Blow, Field


def _end_leader(number: signal.Signals) -> Blow:
    def strike(on: Field) -> None:
        leader = on.pair.leader()
        began = time.monotonic()
        leader.signal(number)
        on.pair.wait_for_another(leader)
        on.takeovers_s.append(time.monotonic() - began)
        leader.wait()
        leader.start()

    return strike


def _kill_standby(on: Field) -> None:
    standby = on.pair.standby()
    standby.kill()
    standby.start()


def _kill_both(on: Field) -> None:
    """And start them at once: one of them leads."""
    for program in on.pair.programs:
        program.kill()
    on.pair.start()


def _roll(on: Field) -> None:
    """Replace both in good order, the standby first."""
    standby = on.pair.standby()
    standby.terminate()
    standby.start()
    _end_leader(signal.SIGTERM)(on)


def _freeze_leader(on: Field) -> None:
    leader = on.pair.leader()
    leader.signal(signal.SIGSTOP)
    on.last(0.1, 3.0)
    leader.signal(signal.SIGCONT)


BLOWS: dict[str, Blow] = {
    "leader SIGTERM (P1)": _end_leader(signal.SIGTERM),
    "leader SIGKILL (P2)": _end_leader(signal.SIGKILL),
    "standby SIGKILL (P2)": _kill_standby,
    "leader frozen (P3, P4)": _freeze_leader,
    "both SIGKILL (P5)": _kill_both,
    "rolling update (P11)": _roll,
}
