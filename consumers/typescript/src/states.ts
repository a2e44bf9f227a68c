/**
 * What the streams without a book hold at an entry: one small class for each channel. Pure.
 *
 * Prices and quantities are scaled integers; `scaled` makes them decimals. What a channel's events
 * replace as a whole is one frozen value (`top`, `ticker`, `candle`). Changed by a replica, read by
 * anyone; `copy()` keeps a moment. Where they stand, and whether they can be trusted, is that of
 * `Standing`, as of a book.
 */
import type { Book } from "./book.js";
import { Standing } from "./levels.js";
import type { Asset, CandleValues, Pair, TickerValues, TopValues, Trade } from "./market-events.js";
import type { OrderBook } from "./order-book.js";

/** The best bid and offer of the book `source` of `depth` (WIRE §4.11). */
export class TopState extends Standing {
  readonly channel = "bbo";
  symbol = "";
  depth = 0;
  source: "book" | "level3" = "book";
  pricePrecision = 0;
  qtyPrecision = 0;
  top: TopValues = {};

  /** Return a state of its own that no replica changes. */
  copy(): TopState {
    return Object.assign(new TopState(), this);
  }
}

/** The ticker (WIRE §4.12). */
export class TickerState extends Standing {
  readonly channel = "ticker";
  symbol = "";
  trigger: "bbo" | "trades" = "bbo";
  pricePrecision = 0;
  qtyPrecision = 0;
  ticker: TickerValues = {};

  /** Return a state of its own that no replica changes. */
  copy(): TickerState {
    return Object.assign(new TickerState(), this);
  }
}

/** The latest trades, 50 at most, oldest first, and the id before the next, 0 where not known. */
export class TradesState extends Standing {
  readonly channel = "trade";
  symbol = "";
  pricePrecision = 0;
  qtyPrecision = 0;
  lastTradeId = 0n;
  trades: readonly Trade[] = [];

  /** Return a state of its own that no replica changes. */
  copy(): TradesState {
    return Object.assign(new TradesState(), this);
  }
}

/** The open candle, undefined while there is none (WIRE §4.14). */
export class CandleState extends Standing {
  readonly channel = "ohlc";
  symbol = "";
  interval = 0;
  pricePrecision = 0;
  qtyPrecision = 0;
  candle: CandleValues | undefined;

  /** Return a state of its own that no replica changes. */
  copy(): CandleState {
    return Object.assign(new CandleState(), this);
  }
}

/** All pairs by symbol and all assets by id (WIRE §4.15). */
export class InstrumentsState extends Standing {
  readonly channel = "instrument";
  pairs: Map<string, Pair> = new Map();
  assets: Map<string, Asset> = new Map();

  /** Return a state of its own that no replica changes. */
  copy(): InstrumentsState {
    const own = { pairs: new Map(this.pairs), assets: new Map(this.assets) };
    return Object.assign(new InstrumentsState(), this, own);
  }
}

/** An account's open orders, each as JSON text, by order id (WIRE §4.16). */
export class ExecutionsState extends Standing {
  readonly channel = "executions";
  account = "";
  sequence = 0n;
  orders: Map<string, string> = new Map();

  /** Return a state of its own that no replica changes. */
  copy(): ExecutionsState {
    return Object.assign(new ExecutionsState(), this, { orders: new Map(this.orders) });
  }
}

/** An account's balances, each as JSON text, by asset (WIRE §4.17). */
export class BalancesState extends Standing {
  readonly channel = "balances";
  account = "";
  sequence = 0n;
  balances: Map<string, string> = new Map();

  /** Return a state of its own that no replica changes. */
  copy(): BalancesState {
    return Object.assign(new BalancesState(), this, { balances: new Map(this.balances) });
  }
}

/** The state of any stream; `channel` says which. */
export type State =
  | Book
  | OrderBook
  | TopState
  | TickerState
  | TradesState
  | CandleState
  | InstrumentsState
  | ExecutionsState
  | BalancesState;
