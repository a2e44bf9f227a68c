/**
 * Events of the streams that hold no book, and of `bbo`: as the publisher wrote them. Types only.
 *
 * Fields bear the names of WIRE §9. Prices and quantities are scaled integers, `decimal` and `json`
 * values texts. What may be absent is left out.
 */
import type { AnyState, OfSymbol, Stamped } from "./book-events.js";

/** The best bid and offer; a side that is empty is left out. */
export interface TopValues {
  readonly bid?: bigint;
  readonly bidQty?: bigint;
  readonly ask?: bigint;
  readonly askQty?: bigint;
}

/** What a ticker holds; what Kraken did not give is left out. */
export interface TickerValues extends TopValues {
  readonly last?: bigint;
  readonly high?: bigint;
  readonly low?: bigint;
  readonly volume?: bigint;
  readonly vwap?: string;
  readonly change?: string;
  readonly changePct?: string;
  readonly trades?: bigint;
}

/** What a candle holds. */
export interface CandleValues {
  readonly intervalBegin: bigint;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly volume: bigint;
  readonly vwap: string;
  readonly trades: bigint;
}

/** One trade: `side` of the taker, 0 buy, 1 sell; `ordType` 0 limit, 1 market, 2 another. */
export interface Trade {
  readonly tradeId: bigint;
  readonly side: 0 | 1;
  readonly price: bigint;
  readonly qty: bigint;
  readonly ordType: 0 | 1 | 2;
  readonly time: bigint;
}

/** A pair; `words` are Kraken's own, as JSON text. */
export interface Pair {
  readonly symbol: string;
  readonly status: string;
  readonly pricePrecision: bigint;
  readonly qtyPrecision: bigint;
  readonly words: string;
}

/** An asset; `words` are Kraken's own, as JSON text. */
export interface Asset {
  readonly id: string;
  readonly status: string;
  readonly precision: bigint;
  readonly words: string;
}

/** The best bid and offer of a verified book (WIRE §4.11). */
export interface Top extends Stamped, TopValues {
  readonly type: "top";
}

/** The best bid and offer as they stand (WIRE §4.11). */
export interface TopSnapshot extends AnyState, OfSymbol, TopValues {
  readonly channel: "bbo";
  readonly depth: number;
  readonly source: "book" | "level3";
}

/** The whole ticker (WIRE §4.12). */
export interface Ticker extends Stamped, TickerValues {
  readonly type: "ticker";
}

/** The ticker as it stands (WIRE §4.12). */
export interface TickerSnapshot extends AnyState, OfSymbol, TickerValues {
  readonly channel: "ticker";
  readonly trigger: "bbo" | "trades";
}

/** Trades of one symbol, ids rising by 1 (WIRE §4.13). */
export interface Trades extends Stamped {
  readonly type: "trades";
  readonly trades: readonly Trade[];
}

/** Trades `first` to `last`, both included, that could not be had (`gap` of WIRE §4.13). */
export interface TradesGap extends Stamped {
  readonly type: "tradesGap";
  readonly reason: string;
  readonly note?: string;
  readonly first: bigint;
  readonly last: bigint;
}

/** The latest trades, 50 at most (WIRE §4.13). */
export interface TradesSnapshot extends AnyState, OfSymbol {
  readonly channel: "trade";
  readonly trades?: readonly Trade[];
  readonly lastTradeId?: bigint;
}

/** A candle as it stands (WIRE §4.14). */
export interface Candle extends Stamped, CandleValues {
  readonly type: "candle";
}

/** A candle that is final (WIRE §4.14). */
export interface Closed extends Stamped, CandleValues {
  readonly type: "closed";
}

/** The open candle; none of its values while none is open (WIRE §4.14). */
export interface CandleSnapshot extends AnyState, OfSymbol, Partial<CandleValues> {
  readonly channel: "ohlc";
  readonly interval: number;
}

/** Pairs and assets that changed (WIRE §4.15). */
export interface Instruments extends Stamped {
  readonly type: "instruments";
  readonly pairs: readonly Pair[];
  readonly assets: readonly Asset[];
}

/** All pairs and assets (WIRE §4.15). */
export interface InstrumentsSnapshot extends AnyState {
  readonly channel: "instrument";
  readonly pairs?: readonly Pair[];
  readonly assets?: readonly Asset[];
}
