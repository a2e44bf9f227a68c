/**
 * A client that follows streams on Redis: a shell, under which the pure rooms do the work.
 *
 * Life: make a client (nothing connects yet), iterate, close it. An iterator runs until it is left,
 * an error is thrown, its signal aborts or the client is closed; each has a connection of its own,
 * each call one for as long as it takes. Whoever iterates runs everything: nothing runs in the
 * background, no callback is called, and `event.state` changes only when the next event is asked
 * for.
 */
import { catalogue, oneState, requestSnapshot } from "./calls.js";
import { Book } from "./book.js";
import { bookStream, bothLines, choose, oneWish, type Wanted, wishes } from "./choosing.js";
import type { Wish, Words } from "./choosing.js";
import { Cluster } from "./cluster.js";
import { ClientClosed, NoStream } from "./errors.js";
import type { Entry, Event } from "./events.js";
import { BLOCK_MS, Follower, type Step } from "./follower.js";
import { Following } from "./following.js";
import type { Listing } from "./life-events.js";
import { OrderBook } from "./order-book.js";
import { Records, type Start } from "./records.js";
import type { Missing } from "./replica.js";
import { OneServer } from "./server.js";
import { Closed, Shell } from "./shell.js";
import type { State } from "./states.js";
import { parseUrl, type Target } from "./url.js";

/** Whose streams a catalogue lists. */
export type Scope = "public" | "private";

/** How a client is made. */
export interface ClientOptions {
  /** What the keys of its streams begin with; `kraken` unless told. */
  readonly namespace?: string;
  /** The version of RESP, 2 unless told; what the URL says goes before. */
  readonly protocol?: 2 | 3;
  /** Is told in a line what the client decides, such as which of several streams it takes. */
  readonly log?: (line: string) => void;
}

/** What ends a call or an iterator before its time. */
export interface Abortable {
  readonly signal?: AbortSignal;
}

/** What `follow` is told. */
export interface FollowWords extends Words, Abortable {
  /**
   * What a stream without a snapshot means: `wait` for one (unless told), or `throw` `NoStream`.
   */
  readonly missing?: Missing;
}

/** What `book` and `state` are told. */
export interface StateWords extends Words, Abortable {
  /** How long to wait for a valid state, in seconds; 5 unless told. */
  readonly waitS?: number;
}

/** What `entries` and `status` are told. */
export interface EntriesWords extends Abortable {
  /** `now` unless told. */
  readonly start?: Start;
}

const WAIT_S = 5;

/** Follows streams; see the module. */
export class Client {
  static readonly DEFAULT_URL = "redis://127.0.0.1:6379";

  /** What was asked for, and the streams that the catalogue gave for it. */
  readonly chosen = new Map<string, string>();
  private readonly target: Target;
  private readonly namespace: string;
  private readonly protocol: 2 | 3;
  private readonly log: (line: string) => void;
  private readonly open = new Set<{ close(): void }>();

  /** Throw `TypeError` for a URL that cannot mean anything. */
  constructor(url: string = Client.DEFAULT_URL, options: ClientOptions = {}) {
    this.target = parseUrl(url);
    this.namespace = options.namespace ?? "kraken";
    this.protocol = options.protocol ?? 2;
    this.log = options.log ?? (() => undefined);
  }

  /**
   * Return an endless iterator over the events of the streams of `symbols` (or stream keys);
   * `instrument`, `executions` and `balances` have no symbols. What the words leave open the
   * catalogue decides. Throw `TypeError` for words that cannot mean anything; the iterator throws
   * `NoStream`, `AmbiguousStream`, `RedisRefused`, and `RedisUnreachable` when the catalogue is
   * needed and cannot be read.
   *
   *     for await (const event of client.follow("BTC/USD", { depth: 10 })) ...
   */
  follow(symbols: string | readonly string[], words?: FollowWords): Following<Event>;
  follow(words: FollowWords): Following<Event>;
  follow(one: string | readonly string[] | FollowWords, other?: FollowWords): Following<Event> {
    const [symbols, { missing = "wait", signal, ...words }] = apart(one, other);
    const wanted = wishes(symbols, words);
    const following: Following<Event> = this.iterate(
      signal,
      async function* (this: Client, shell: Shell) {
        const streams: Wanted[] = [];
        for (const wish of wanted) streams.push(await this.wanted(wish, shell));
        const follower = new Follower(streams, missing, BLOCK_MS, shell);
        following.replicas = follower.replicas;
        yield* follower.run();
      },
    );
    return following;
  }

  /**
   * Return the book of `symbol`, L2 or with channel `level3` L3: joined, caught up and verified, as
   * it is now. Throw `TypeError`, `NoStream`, `AmbiguousStream`, `RedisRefused`, and `NotReady` or
   * `RedisUnreachable` after `waitS` seconds.
   */
  async book(symbol: string, words: StateWords & { channel: "level3" }): Promise<OrderBook>;
  async book(symbol: string, words?: StateWords & { channel?: "book" }): Promise<Book>;
  async book(symbol: string, words?: StateWords): Promise<Book | OrderBook>;
  async book(symbol: string, all: StateWords = {}): Promise<Book | OrderBook> {
    const { waitS = WAIT_S, signal, ...words } = all;
    const wish = oneWish(symbol, words);
    const state = await this.call(signal, async (shell) =>
      oneState(bookStream(await this.wanted(wish, shell)), waitS, shell),
    );
    if (state instanceof Book || state instanceof OrderBook) return state;
    throw new TypeError(`${symbol} holds no book: use state()`);
  }

  /** Return the state of any channel's stream, caught up, as it is now; see `book`. */
  state(symbol: string, words?: StateWords): Promise<State>;
  state(words: StateWords): Promise<State>;
  async state(one: string | StateWords, other?: StateWords): Promise<State> {
    const [[symbol = ""], { waitS = WAIT_S, signal, ...words }] = apart(one, other);
    const wish = oneWish(symbol, words);
    return this.call(signal, async (shell) =>
      oneState(await this.wanted(wish, shell), waitS, shell),
    );
  }

  /** Return what the catalogue of public or of private streams lists. */
  async streams(scope: Scope = "public", { signal }: Abortable = {}): Promise<Listing[]> {
    return this.call(signal, (shell) => catalogue(this.space(scope), shell));
  }

  /**
   * Ask the publisher of a stream for a newer snapshot; it answers in `.snap` (WIRE §7.6). Throw
   * `TypeError`, `NoStream`, `AmbiguousStream`, `RedisUnreachable`, `RedisRefused`.
   */
  requestSnapshot(symbol: string, words?: Words & Abortable): Promise<void>;
  requestSnapshot(words: Words & Abortable): Promise<void>;
  async requestSnapshot(one: string | (Words & Abortable), other?: Words & Abortable) {
    const [[symbol = ""], { signal, ...words }] = apart(one, other);
    const wish = oneWish(symbol, words);
    const space = wish.space(this.namespace);
    await this.call(signal, async (shell) => {
      const rows = await catalogue(space, shell);
      for (const line of wish.lines()) {
        await requestSnapshot(space, this.listed(rows, line), shell);
      }
    });
  }

  /** Return an endless iterator over the entries of a stream as they are. */
  entries(stream: string, { start = "now", signal }: EntriesWords = {}): Following<Entry> {
    return this.iterate(signal, (shell) => new Records(stream, start, shell).run());
  }

  /** Return an endless iterator over the events of a feed's status stream (WIRE §4.8). */
  status(feed: string, words: EntriesWords & { readonly scope?: Scope } = {}): Following<Entry> {
    const { scope = "public", ...others } = words;
    return this.entries(`{${this.space(scope)}.feed.${feed}}:status`, others);
  }

  /**
   * End all iterators and calls, at once, and close their connections. A closed client connects
   * again when it is used again.
   */
  close(): void {
    for (const each of [...this.open]) each.close();
  }

  private space(scope: Scope): string {
    return scope === "private" ? `priv.${this.namespace}` : this.namespace;
  }

  private async wanted(wish: Wish, shell: Shell): Promise<Wanted> {
    const [one, other] = wish.lines();
    if (other === undefined) return this.stream(one, shell);
    try {
      return bothLines(await this.stream(one, shell));
    } catch (error) {
      if (!(error instanceof NoStream)) throw error;
      return bothLines(await this.stream(other, shell));
    }
  }

  private async stream(wish: Wish, shell: Shell): Promise<string> {
    const named = wish.key(this.namespace);
    if (named !== undefined) return named;
    return this.listed(await catalogue(wish.space(this.namespace), shell), wish).stream;
  }

  /** Return the row that the catalogue gives for a wish, and say what else there was. */
  private listed(listings: readonly Listing[], wish: Wish): Listing {
    const [first, ...others] = choose(listings, wish);
    this.chosen.set(wish.toString(), first.stream);
    if (others.length > 0) {
      const not = others.map(({ stream }) => stream).join(",");
      this.log(`stream_chosen wanted=${wish} stream=${first.stream} not=${not}`);
    }
    return first;
  }

  private shell(): Shell {
    const { target, protocol } = this;
    const server =
      target.kind === "cluster" ? new Cluster(target, protocol) : new OneServer(target, protocol);
    return new Shell(target, server);
  }

  private iterate<T>(
    signal: AbortSignal | undefined,
    run: (this: Client, shell: Shell) => AsyncIterable<Step<T>>,
  ): Following<T> {
    const shell = this.shell();
    const ends = { close: () => void following.return() };
    const following = new Following<T>(run.call(this, shell), shell, () => {
      this.open.delete(ends);
      signal?.removeEventListener("abort", ends.close);
    });
    this.open.add(ends);
    if (signal?.aborted) ends.close();
    signal?.addEventListener("abort", ends.close, { once: true });
    return following;
  }

  private async call<T>(
    signal: AbortSignal | undefined,
    run: (shell: Shell) => Promise<T>,
  ): Promise<T> {
    const shell = this.shell();
    const close = () => shell.close();
    this.open.add(shell);
    if (signal?.aborted) close();
    signal?.addEventListener("abort", close, { once: true });
    try {
      return await run(shell);
    } catch (error) {
      throw error instanceof Closed ? new ClientClosed() : error;
    } finally {
      signal?.removeEventListener("abort", close);
      this.open.delete(shell);
      shell.close();
    }
  }
}

/** Return symbols and words, whichever were given. */
function apart<W extends object>(
  one: string | readonly string[] | W,
  other: W | undefined,
): [symbols: readonly string[], words: W] {
  const words = other ?? ({} as W);
  if (typeof one === "string") return [one === "" ? [] : [one], words];
  return Array.isArray(one) ? [one as readonly string[], words] : [[], one as W];
}
