/**
 * Codes and errors of the consumer.
 *
 * A *code* (WIRE §8) names what is wrong with an entry or a stream; every language reports the same
 * ones. Errors carry fields, and say who is at fault and what to change. What the consumer mends by
 * itself (a gap, a bad entry, a lost connection) is an event for the application, never an error.
 *
 *     ConsumerError
 *       DecodeError        an entry breaks WIRE §3-§5; the replica turns it into `quarantined`
 *       NoStream           nothing is published for what was asked
 *       AmbiguousStream    the catalogue has several streams that would do
 *       NotReady           the state is not valid and did not become so in time
 *       RedisRefused       Redis said no for good: rights, password, a key of another type
 *       RedisUnreachable   a one-shot call found no server in time
 *       ClientClosed       the client was closed under a one-shot call
 */

/** What is wrong, as WIRE §8 names it. */
export type Code =
  | "SIZE"
  | "MSGPACK"
  | "SCHEMA"
  | "VERSION"
  | "RANGE"
  | "ORDER"
  | "CHECKSUM"
  | "GAP"
  | "POINTER"
  | "STALE"
  | "REGRESSION"
  | "NO_STREAM"
  | "AMBIGUOUS";

/** Base of all errors that the consumer throws on purpose. */
export class ConsumerError extends Error {
  /** The name of its class. */
  override get name(): string {
    return this.constructor.name;
  }
}

/** An entry breaks the rule named by `code`; `where` is the key or the limit concerned. */
export class DecodeError extends ConsumerError {
  constructor(
    readonly code: Code,
    readonly where: string,
  ) {
    super(`${code}: ${where}`);
  }
}

/** Nothing is published under `wanted`: a stream's key, or a symbol of the catalogue. */
export class NoStream extends ConsumerError {
  readonly code = "NO_STREAM";

  constructor(readonly wanted: string) {
    super(
      `nothing is published for ${wanted}: start a publisher for it, ` +
        "or ask for another symbol, channel, depth, line or namespace",
    );
  }
}

/** Several streams would do for `symbol`, and nothing says which. */
export class AmbiguousStream extends ConsumerError {
  readonly code = "AMBIGUOUS";

  constructor(
    readonly symbol: string,
    readonly streams: readonly string[],
  ) {
    super(
      `${symbol} is published as ${streams.join(", ")}: pass line ("ab" for both as one), ` +
        "depth, interval, trigger or source to choose one",
    );
  }
}

/** The state of `stream` did not become valid within `waitedS` seconds. */
export class NotReady extends ConsumerError {
  constructor(
    readonly stream: string,
    readonly waitedS: number,
  ) {
    super(
      `the state of ${stream} did not become valid in ${waitedS} s: ` +
        "its publisher has none to show at present; try again or wait longer",
    );
  }
}

/** Redis answered `answer`; trying again cannot help. */
export class RedisRefused extends ConsumerError {
  constructor(readonly answer: string) {
    super(
      `Redis refused: ${answer}. Check the URL, the user's rights ` +
        "(XREAD, XRANGE, XREVRANGE, HGETALL, for requests XADD) and that the key is a stream",
    );
  }
}

/** No server answered within `waitedS` seconds; `reason` is the last failure. */
export class RedisUnreachable extends ConsumerError {
  constructor(
    readonly reason: string,
    readonly waitedS: number,
  ) {
    super(`Redis did not answer in ${Number(waitedS.toFixed(3))} s (${reason}): check the URL`);
  }
}

/** The client was closed, or the call's signal aborted, before there was an answer. */
export class ClientClosed extends ConsumerError {
  constructor() {
    super("the client was closed before there was an answer: keep it open until calls return");
  }
}
