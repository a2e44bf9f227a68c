/**
 * What a reader does to the world: commands, pauses, and the clock that runs meanwhile.
 *
 * The clock of silence (WIRE §7.4) runs only while somebody listens: a slow application is no
 * silent stream. So `now` is the time spent here, in seconds, and nothing else.
 */
import { reasonOf } from "./answers.js";
import type { Command, Reply } from "./connection.js";
import type { Server } from "./server.js";
import type { Target } from "./url.js";

/** Redis did not answer. */
export class Away extends Error {}

/** The shell was closed under whoever used it. */
export class Closed extends Error {}

/** One reader's way to Redis. */
export class Shell {
  /** Seconds since it was made, as far as they were spent here. */
  now = 0;
  private isClosed = false;
  private wake = () => {};

  constructor(
    private readonly target: Target,
    private readonly server: Server,
  ) {}

  /**
   * Return a reply a command, undefined for a node of a cluster that is away. Throw `Away` where
   * nobody answers, `RedisRefused` for what will not pass, `Closed`.
   */
  async ask(commands: readonly Command[], blockMs = 0): Promise<(Reply | undefined)[]> {
    this.check();
    const began = performance.now();
    const replies = await this.server.run(commands, blockMs).catch((error: unknown) => {
      this.pass(began);
      throw new Away(reasonOf(error, this.target));
    });
    this.pass(began);
    return replies;
  }

  /** Wait up to half less than so many seconds, so that many clients spread. Throw `Closed`. */
  async pause(seconds: number): Promise<void> {
    this.check();
    const began = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * (0.5 + Math.random() / 2) * 1000);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.pass(began);
  }

  /** Give up the connections: the next command asks anew where the server is. */
  redial(): void {
    this.server.redial();
  }

  /** Close for good; what waits here ends at once. */
  close(): void {
    this.isClosed = true;
    this.server.close();
    this.wake();
  }

  private pass(began: number): void {
    this.now += (performance.now() - began) / 1000;
    this.check();
  }

  private check(): void {
    if (this.isClosed) throw new Closed();
  }
}
