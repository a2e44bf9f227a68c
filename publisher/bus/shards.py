"""The links to a Redis Cluster: one for each node that holds slots of our keys, behind the face of
one keeper. A shell; its rules stand in `slots.py` and `answers.py`.

A call goes to the node that has its slot and is ours until it is answered: what a node owed when
its link broke, what a redirection sends elsewhere and what a node cannot do now is sent again, the
very same bytes, wherever the slot is then. The scripts make that safe (publish-protocol 3.2). So
its user never hears of a node that is lost, whose calls wait while those of all others go on.

What waits is bounded: a stream has one append on its way; of its periodic snapshots only the newest
waits; of plain calls the newest few.
"""

from __future__ import annotations

import dataclasses
import selectors
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

import redis

from publisher.bus import answers as verdicts
from publisher.bus.answers import Verdict
from publisher.bus.calls import Call, Kind
from publisher.bus.charting import Chart, Charter
from publisher.bus.keeper import RETRY_S, Ear, LinkKeeper
from publisher.bus.link import Address, Reply
from publisher.bus.rights import Right
from publisher.bus.slots import Redirect, SlotMap, key_of, redirect_of, slot_of
from publisher.bus.tally import LinkTally
from publisher.logs import get_logger
from publisher.redis_url import Node

CHART_S = 0.5
"""Between two looks at the cluster's map, while a node is away or slots move."""
TRYAGAIN_S = 0.05
ASK_S = 1.0
"""So long a call waits for the node that may have its key by now; that one may never come back."""
PLAIN_MOST = 100
ASKED_AGAIN = frozenset(Kind) - {Kind.REQUESTS, Kind.FAREWELL}
"""Calls whose errors are judged here; what nobody depends on the ear may do without."""
ASKING = Call(Kind.PLAIN, ("ASKING",))


class ClusterEar(Ear, Protocol):
    """Who uses the links of a cluster."""

    def is_full(self, call: Call) -> list[Call]:
        """A node has no memory left for a call: return what frees some (R8)."""


class _Held(NamedTuple):
    """A call that waits: not before a time; `asking` a node that may have its key by now."""

    call: Call
    slot: int
    not_before: float
    asking: Node | None = None


MakeLink = Callable[[str, Node, Ear], LinkKeeper]
"""Make the keeper of one node's link, from its name for the log."""


class Shards:
    """The links of a cluster's nodes, each made by `link`. `name` is for the log."""

    def __init__(self, name: str, ear: ClusterEar, *, link: MakeLink, charter: Charter) -> None:
        self.ear = ear
        self.tally = LinkTally()
        """Of all links together."""
        self._name = name
        self._link = link
        self._map: SlotMap | None = None
        self._shards: dict[Node, _Shard] = {}
        self._waiting: list[_Held] = []
        self._charter = charter
        self._chart_at: float | None = 0.0
        self._charts = self._failures = 0
        self._now = self._told_at = 0.0
        self._log = get_logger("bus")

    @property
    def is_up(self) -> bool:
        """True while calls can be sent: the cluster is known, whatever its nodes do."""
        return self._map is not None

    @property
    def is_idle(self) -> bool:
        """True while no answer is owed."""
        return not self._waiting and not any(shard.owed for shard in self._shards.values())

    def send(self, calls: list[Call], now: float) -> None:
        """Send calls, those of a slot in order."""
        self._now = now
        if self._map is None:
            return
        held = [_Held(call, slot_of(key_of(call.command)), now) for call in calls]
        if self._waiting:
            waiting = {each.slot for each in self._waiting}
            self._hold([each for each in held if each.slot in waiting])
            held = [each for each in held if each.slot not in waiting]
        self._hold(self._sent(held))

    def ticked(self, now: float) -> None:
        """Take a new map, ask for one that is due; let each link do the same; send what waited."""
        self._now = now
        self._take_chart()
        for shard in list(self._shards.values()):
            shard.keeper.ticked(now)
        if any(not shard.keeper.is_up and shard.is_wanted for shard in self._shards.values()):
            self.doubt()
        if self._chart_at is not None and now >= self._chart_at and not self._charter.is_asking:
            self._chart_at = None
            self._charter.start(self._to_ask())
        self.flush()

    def drop(self, reason: str, now: float) -> None:
        """Close all links: what came back on one cannot be trusted."""
        for shard in self._shards.values():
            if shard.keeper.is_up:
                shard.keeper.drop(reason, now)

    def refuse(self, error: str, now: float) -> None:
        """Close all links on an error answer; see `LinkKeeper.refuse`."""
        self.drop(error, now)

    def close(self) -> None:
        """Close all links."""
        for shard in self._shards.values():
            shard.keeper.close()

    def end(self) -> None:
        """Close for good."""
        self._charter.end()
        for shard in self._shards.values():
            shard.keeper.end()

    # The map --------------------------------------------------------------------------------------

    def doubt(self) -> None:
        """Ask for the map again, soon."""
        if self._chart_at is None and not self._charter.is_asking:
            self._chart_at = self._now + CHART_S

    def _to_ask(self) -> list[Node]:
        """Return the nodes known, not always the same first: it may be wrong."""
        known = sorted(self._map.nodes) if self._map is not None else []
        self._charts += 1
        first = self._charts % len(known) if known else 0
        return known[first:] + known[:first]

    def _take_chart(self) -> None:
        result = self._charter.result()
        if isinstance(result, Chart):
            self._failures = 0
            is_first, nodes = self._map is None, result.slots.nodes
            before = self._map.nodes if self._map is not None else nodes
            self._map = result.slots
            self._forget_idle(nodes)
            self.tally.failovers += bool(before - nodes and nodes - before)
            if is_first:
                self.ear.link_up()
        elif isinstance(result, OSError | redis.RedisError | ValueError):
            self._chart_at = self._now + RETRY_S[min(self._failures, len(RETRY_S) - 1)]
            self._failures += 1
            level = self._log.warning if self._failures == 1 else self._log.debug
            reason = str(result)
            level("redis.away", link=self._name, reason=reason, mend=verdicts.mend_of(reason))
        elif result is not None:
            raise result  # refused for good, or our own fault

    def _forget_idle(self, nodes: set[Node]) -> None:
        """Hang up on nodes that have no slots any more."""
        for node in [n for n, shard in self._shards.items() if n not in nodes and not shard.owed]:
            self._shards.pop(node).keeper.end()

    # Calls ----------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Send what waited and may go now."""
        if self._waiting and self._map is not None:
            waiting, self._waiting = self._waiting, []
            self._hold(self._sent(waiting))

    def _sent(self, held: Iterable[_Held]) -> list[_Held]:
        """Send what can be sent; return what must wait, with all that is behind it in its slot."""
        assert self._map is not None
        out: dict[_Shard, list[Call]] = {}
        kept: list[_Held] = []
        stopped: set[int] = set()
        for each in held:
            asking = each.asking if self._now < each.not_before + ASK_S else None
            node = asking or self._map.owner(each.slot)
            shard = self._shard(node) if node is not None else None
            is_early = each.not_before > self._now or each.slot in stopped
            if shard is None or not shard.keeper.is_up or is_early:
                kept.append(each)
                stopped.add(each.slot)
            else:
                out.setdefault(shard, []).extend([ASKING, each.call] if asking else [each.call])
        for shard, calls in out.items():
            shard.send(calls, self._now)  # what a broken link gives back stands in `_waiting`
        return kept

    def _shard(self, node: Node) -> _Shard:
        shard = self._shards.get(node)
        if shard is None:
            shard = self._shards[node] = _Shard(f"{self._name} {node}", node, self, self._link)
            shard.keeper.ticked(self._now)
        shard.is_wanted = True
        return shard

    def _hold(self, held: Iterable[_Held]) -> None:
        """Let calls wait; the newest snapshot of a stream replaces the one before."""
        for each in held:
            if each.call.kind is Kind.SNAPSHOT:
                self._waiting = [old for old in self._waiting if not _is_older(old, each)]
            self._waiting.append(each)
        plain = [each for each in self._waiting if each.call.kind is Kind.PLAIN]
        for each in plain[:-PLAIN_MOST]:
            self._waiting.remove(each)  # the catalogue and trims come again by themselves

    def give_back(self, calls: Iterable[Call]) -> None:
        """Take back what a node owed when its link broke; it goes before all that waits."""
        now = self._now
        held = [_Held(c, slot_of(key_of(c.command)), now) for c in calls if c is not ASKING]
        self._waiting[:0] = held

    # What a node answers with an error ------------------------------------------------------------

    def erred(self, shard: _Shard, call: Call, words: str) -> bool:
        """Do what an error answer asks for; False when it is the ear's to judge."""
        verdict = verdicts.judge(words)
        if verdict is Verdict.MOVE:
            self._follow(redirect_of(words, shard.node), call)
            return True
        if call.kind not in ASKED_AGAIN and verdict is not Verdict.WAIT:
            return False
        self.tally.errors[verdicts.code_of(words)] += 1
        self._tell(shard, call, words, verdict)
        slot = slot_of(key_of(call.command))
        match verdict:
            case Verdict.WAIT | Verdict.TRIM:
                wait_s = TRYAGAIN_S if words.startswith("TRYAGAIN") else verdicts.WAIT_S
                self._hold([_Held(call, slot, self._now + wait_s)])
                if verdict is Verdict.TRIM:
                    shard.send(self.ear.is_full(call), self._now)
                else:
                    self.doubt()
            case Verdict.KEY | Verdict.STRANGE if call.kind is Kind.PLAIN:
                pass  # the catalogue and trims: no stream depends on them
            case Verdict.KEY | Verdict.FATAL:
                raise verdicts.refused(words)
            case _:
                self.give_back([call])
                self.doubt()
                shard.keeper.refuse(words, self._now)
        return True

    def _tell(self, shard: _Shard, call: Call, words: str, verdict: Verdict) -> None:
        """Log an error, not each of a thousand streams' own."""
        is_news = self._now - self._told_at >= verdicts.WAIT_S
        level = self._log.warning if is_news else self._log.debug
        if is_news:
            self._told_at = self._now
        kind, node = call.kind.name, str(shard.node)
        level("redis.error", call=kind, answer=words, verdict=verdict.name, node=node)

    def _follow(self, redirect: Redirect, call: Call) -> None:
        self.tally.redirects += 1
        self._log.debug("redis.redirected", slot=redirect.slot, node=str(redirect.node))
        if redirect.is_ask:
            self._hold([_Held(call, redirect.slot, self._now, redirect.node)])
            return
        assert self._map is not None
        self._map.move(redirect.slot, redirect.node)
        self._hold([_Held(call, redirect.slot, self._now)])
        self.doubt()


def keeper_of(
    name: str,
    address: Address,
    ear: ClusterEar,
    *,
    selector: selectors.BaseSelector,
    wake: Callable[[], None],
    needed: Sequence[Right] = (),
) -> LinkKeeper | Shards:
    """Return the keeper of one link, or of a cluster's, by what the address says. The rights
    `needed` are asked of each server at the first connect.
    """
    if address.target.kind != "cluster":
        return LinkKeeper(name, address, ear, selector=selector, wake=wake, needed=needed)

    def link(name: str, node: Node, ear: Ear) -> LinkKeeper:
        at = dataclasses.replace(address, node=node)
        return LinkKeeper(name, at, ear, selector=selector, wake=wake, needed=needed)

    return Shards(name, ear, link=link, charter=Charter(address, wake, needed))


def _is_older(old: _Held, fresh: _Held) -> bool:
    return old.call.kind is Kind.SNAPSHOT and old.call.streams[0] is fresh.call.streams[0]


class _Shard:
    """One node: its link, and the calls that it has not answered."""

    def __init__(self, name: str, node: Node, shards: Shards, link: MakeLink) -> None:
        self.node = node
        self.owed: deque[Call] = deque()
        self.is_wanted = True
        """True while calls for this node may wait."""
        self._shards = shards
        self.keeper = link(name, node, self)
        self.keeper.tally = shards.tally

    def send(self, calls: list[Call], now: float) -> None:
        self.owed += calls
        self.keeper.send(calls, now)

    def link_up(self) -> None:
        self.is_wanted = False
        self._shards.flush()

    def link_down(self) -> None:
        owed = list(self.owed)
        self.owed.clear()
        self._shards.give_back(owed)
        self._shards.doubt()

    def answers(self, answers: list[tuple[Call, Reply]]) -> None:
        told: list[tuple[Call, Reply]] = []
        for call, reply in answers:
            if not self.owed:
                break  # the link is down, by the answer before: all behind it is asked again
            self.owed.popleft()
            is_error = isinstance(reply, Exception)
            if call is ASKING or (is_error and self._shards.erred(self, call, str(reply))):
                continue
            told.append((call, reply))
        if told:
            self._shards.ear.answers(told)
        self._shards.flush()
