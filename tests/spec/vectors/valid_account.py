"""Valid cases of `executions` and `balances`: sequences, gaps, texts in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.builders import ValidCase
from tests.spec.vectors.events import event
from tests.spec.vectors.samples import BALANCE, EXECUTION, balance_text, order_text, whole

LARGEST = str(2**64 - 1)
ID = "1767323045000-1"
LONG = '{"order_id":"OLONG","note":"' + "y" * 9000 + '"}'
Cases = tuple[tuple[str, str, dict[str, Any]], ...]


def execution_cases() -> Iterator[ValidCase]:
    """Yield executions, gaps and the open orders."""
    cases: Cases = (
        ("backfill", "Bit 4, and sequence 0.", {"flags": "4", "sequence": "0"}),
        ("sequence-largest", "A sequence of 2^64-1.", {"sequence": LARGEST}),
        ("words-not-json", "Decoding does not look into texts.",
         {"report": "", "order": "no JSON"}),
        ("numbers-kept", "Digits as Kraken wrote them, escaped.",
         {"report": '{"qty":0.20000000,"e":1E-8}'}),
        ("non-ascii", "Text of more bytes than letters.", {"report": '{"reason":"Zürich"}'}),
        ("in-pieces", "Texts over 4,096 bytes travel in pieces.", {"order": LONG}),
    )  # fmt: skip
    for name, about, fields in cases:
        made = event("execution", **{**EXECUTION, **fields})
        yield ValidCase(f"execution-{name}", "4.16", about, made, "executions")
    words = EXECUTION["report"]
    for name, about, cut in (
        ("short-pieces", "A short text may come in pieces, too.", [words[:7], "", words[7:]]),
        ("one-piece", "One piece in an array.", [words]),
    ):
        made = event("execution", **EXECUTION)
        yield ValidCase(f"execution-{name}", "3.7", about, made, "executions", extra={"rp": cut})
    nothing = event("execution", **{**EXECUTION, "report": ""})
    yield ValidCase(
        "execution-no-pieces", "3.7", "No pieces are an empty text.", nothing, "executions",
        extra={"rp": []},
    )  # fmt: skip
    gaps: Cases = (
        ("two-orders", "Several orders at once.", {"order_id": ["OA", 'O"B']}),
        ("no-orders", "An empty array.", {"order_id": []}),
        ("reason-unknown", "A later reason is taken as it is.", {"reason": "too_old"}),
        ("note", "With a note.", {"note": "closed while away"}),
    )
    for name, about, fields in gaps:
        made = event("gap", **{"order_id": ["OA"], "reason": "unfilled", **fields})
        extra = {"gf": "x", "gl": None} if name == "note" else {}
        yield ValidCase(f"executions-gap-{name}", "4.16", about, made, "executions", extra=extra)
    snapshots: Cases = (
        ("empty", "No open orders.", {"orders": []}),
        ("in-pieces", "One of the texts travels in pieces.", {"orders": [order_text("OA"), LONG]}),
        ("account-empty", "An account is any text.", {"account": ""}),
    )
    for name, about, fields in snapshots:
        made = whole("executions", **fields)
        yield ValidCase(f"executions-snapshot-{name}", "4.16", about, made, "executions", ID)


def balance_cases() -> Iterator[ValidCase]:
    """Yield balances and all of them."""
    cases: Cases = (
        ("asset-non-ascii", "An asset is any text.", {"asset": "€"}),
        ("state-in-pieces", "The state travels in pieces.", {"state": LONG}),
        ("sequence-0", "A sequence of 0.", {"sequence": "0"}),
        ("many-digits", "Digits as Kraken wrote them.",
         {"state": balance_text("PEPE", "1" * 40 + ".5")}),
    )  # fmt: skip
    for name, about, fields in cases:
        made = event("balance", **{**BALANCE, **fields})
        yield ValidCase(f"balance-{name}", "4.17", about, made, "balances")
    yield ValidCase(
        "balances-snapshot-empty", "4.17", "No balances.",
        whole("balances", balances=[]), "balances", ID,
    )  # fmt: skip
