/**
 * Events of an account's private streams: as the publisher wrote them. Types only.
 *
 * Fields bear the names of WIRE §9. Kraken's own words are JSON texts, every digit kept.
 */
import type { AnyState, Stamped } from "./book-events.js";

/** One report, and the whole `order` after it, as JSON texts (WIRE §4.16). */
export interface Execution extends Stamped {
  readonly type: "execution";
  readonly orderId: string;
  readonly report: string;
  readonly order: string;
  readonly sequence: bigint;
}

/** Orders that are open no more, of which nothing tells the end (`gap` of WIRE §4.16). */
export interface OrdersGap extends Stamped {
  readonly type: "ordersGap";
  readonly reason: string;
  readonly note?: string;
  readonly orderId: readonly string[];
}

/** The open orders as JSON texts (WIRE §4.16). */
export interface ExecutionsSnapshot extends AnyState {
  readonly channel: "executions";
  readonly account: string;
  readonly orders?: readonly string[];
  readonly sequence?: bigint;
}

/** One report, and the asset's whole `state` after it, as JSON texts (WIRE §4.17). */
export interface Balance extends Stamped {
  readonly type: "balance";
  readonly state: string;
  readonly report: string;
  readonly asset: string;
  readonly sequence: bigint;
}

/** All balances as JSON texts (WIRE §4.17). */
export interface BalancesSnapshot extends AnyState {
  readonly channel: "balances";
  readonly account: string;
  readonly balances?: readonly string[];
  readonly sequence?: bigint;
}
