"""The text of the private messages: executions and balances, numbers plain and unpadded.

protocol.md 8; the key orders are those of recorded reports. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from publisher.simulator.account import AccountOrder, Fill, LedgerEntry, OrderReport
from publisher.simulator.amounts import plain
from publisher.simulator.frames import compact, timestamp

CANCEL_REASON = "User requested"
CANCEL_WARNING = "cancel_reason is deprecated, use reason"


def message(channel: str, kind: str, sequence: int, items: Iterable[str]) -> str:
    """Return a message of a private channel: its sequence counts the channel's messages on the
    connection (8.1)."""
    data = ",".join(items)
    return f'{{"channel":"{channel}","type":"{kind}","sequence":{sequence},"data":[{data}]}}'


def report(told: OrderReport, shift_ns: int) -> str:
    """Return one report as it is sent when it happens: later ones are sparse, keyed by order_id."""
    order, stamp = told.order, _text(timestamp(told.now_ns + shift_ns))
    match told.kind:
        case "pending_new":
            return _object(_whole(order) | {"timestamp": stamp})
        case "new":
            return _object({"timestamp": stamp} | _state("new", "new") | _name(order))
        case "trade":
            return _object(_trade(told, _the_fill(told)) | {"timestamp": stamp})
        case "filled":
            head = {"order_id": _text(order.order_id)} | _state("filled", "filled")
            return _object(head | _sums(order) | {"order_userref": "0", "timestamp": stamp})
        case "amended":
            return _object({"timestamp": stamp} | _amended(order) | _name(order))
        case "canceled":
            reason = _text(CANCEL_REASON)
            head = {"timestamp": stamp} | _state("canceled", "canceled") | _name(order)
            return _object(head | _sums(order) | {"cancel_reason": reason, "reason": reason})


def open_order(order: AccountOrder, shift_ns: int) -> str:
    """Return an open order as a snapshot shows it: everything that is known of it."""
    stamp = _text(timestamp(order.opened_ns + shift_ns))
    return _object(
        _whole(order) | _state("new", order.status) | _sums(order) | {"timestamp": stamp}
    )


def balance(asset: str, spot: int, earn: int) -> str:
    """Return one asset of a balances snapshot, with a wallet for each place where some lies."""
    wallets = [_wallet("spot", "main", spot)] if spot or not earn else []
    wallets += [_wallet("earn", "flex", earn)] if earn else []
    return _object({
        "asset": _text(asset), "asset_class": _text("currency"), "balance": plain(spot + earn),
        "wallets": f"[{','.join(wallets)}]",
    })  # fmt: skip


def entry(told: LedgerEntry, shift_ns: int) -> str:
    """Return one change of a balance."""
    return _object({
        "asset": _text(told.asset), "asset_class": _text("currency"),
        "amount": plain(told.change), "balance": plain(told.balance), "fee": plain(told.fee),
        "ledger_id": _text(told.ledger_id), "ref_id": _text(told.ref_id),
        "timestamp": _text(timestamp(told.now_ns + shift_ns)), "type": _text(told.kind),
        "category": _text(told.kind), "wallet_type": _text("spot"), "wallet_id": _text("main"),
    })  # fmt: skip


def _whole(order: AccountOrder) -> dict[str, str]:
    return {
        "order_id": _text(order.order_id),
        **_state("pending_new", "pending_new"),
        "symbol": _text(order.symbol), "side": _text(order.side), "order_type": _text("limit"),
        "order_qty": plain(order.qty), "limit_price": plain(order.price),
        "limit_price_type": _text("static"),
        **_sums(order),
        "time_in_force": _text("GTC"), "post_only": "false", "reduce_only": "false",
        "margin": "false", "order_userref": "0",
    }  # fmt: skip


def _trade(told: OrderReport, fill: Fill) -> dict[str, str]:
    order = told.order
    fee = _object({"asset": _text(order.symbol.partition("/")[2]), "qty": plain(fill.fee)})
    return {
        "order_id": _text(order.order_id),
        **_state("trade", "partially_filled"),
        "exec_id": _text(fill.exec_id), "trade_id": str(fill.trade_id),
        "symbol": _text(order.symbol), "side": _text(order.side), "order_type": _text("limit"),
        "last_qty": plain(fill.qty), "last_price": plain(fill.price), "cost": plain(fill.cost),
        "liquidity_ind": _text("m" if fill.is_maker else "t"), "fees": f"[{fee}]",
        **_sums(order),
        "order_userref": "0",
    }  # fmt: skip


def _amended(order: AccountOrder) -> dict[str, str]:
    return {
        **_state("amended", order.status),
        "cum_qty": plain(order.filled_qty), "reason": _text(CANCEL_REASON), "amended": "true",
        "order_qty": plain(order.qty), "limit_price": plain(order.price),
        "limit_price_type": _text("static"),
    }  # fmt: skip


def _state(exec_type: str, status: str) -> dict[str, str]:
    return {"exec_type": _text(exec_type), "order_status": _text(status)}


def _name(order: AccountOrder) -> dict[str, str]:
    return {"order_userref": "0", "order_id": _text(order.order_id)}


def _sums(order: AccountOrder) -> dict[str, str]:
    # The quote is taken for dollars: the script knows no rates.
    return {
        "cum_qty": plain(order.filled_qty), "cum_cost": plain(order.filled_cost),
        "fee_usd_equiv": plain(order.fees), "avg_price": plain(order.average),
    }  # fmt: skip


def _wallet(kind: str, name: str, held: int) -> str:
    return _object({"type": _text(kind), "id": _text(name), "balance": plain(held)})


def _the_fill(told: OrderReport) -> Fill:
    if told.fill is None:
        raise ValueError("a report of a trade has a fill")
    return told.fill


def _text(value: str) -> str:
    return compact(value)


def _object(fields: Mapping[str, str]) -> str:
    """Return the JSON object of fields whose values are JSON already."""
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"
