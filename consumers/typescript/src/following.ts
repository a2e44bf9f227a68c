/**
 * An endless async iterator over what a reader tells, one by one.
 *
 * Nothing is read before it is asked for, and nothing is read ahead: an application that is slow
 * slows only itself. Events of a batch that is there already come without a turn of the event loop.
 * Leaving the loop (`return`), an error, or closing the client ends it at once, whatever it waits
 * for.
 */
import type { Step } from "./follower.js";
import type { Replica } from "./replica.js";
import type { Shell } from "./shell.js";

/** An iterator over what a reader is told, until it is left or closed. */
export class Following<T> implements AsyncIterableIterator<T> {
  /**
   * What it follows, by stream, once that is known; for tests, which compare whole states.
   * @internal
   */
  replicas: ReadonlyMap<string, Replica> = new Map();
  private readonly steps: AsyncIterator<Step<T>>;
  private batch: Iterator<T> | undefined;
  private pending: Promise<IteratorResult<T>> | undefined;
  private isOver = false;

  /** @internal */
  constructor(
    steps: AsyncIterable<Step<T>>,
    private readonly shell: Shell,
    private readonly onEnd: (following: Following<T>) => void,
  ) {
    this.steps = steps[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Return the next one; calls that do not wait for one another are answered in their order. */
  next(): Promise<IteratorResult<T>> {
    if (this.pending === undefined) {
      const ready = this.taken();
      if (ready !== undefined) return Promise.resolve(ready);
    }
    const turn = (this.pending ?? Promise.resolve()).then(
      () => this.pull(),
      () => this.pull(),
    );
    this.pending = turn;
    const clear = () => {
      if (this.pending === turn) this.pending = undefined;
    };
    turn.then(clear, clear);
    return turn;
  }

  /** End it, and close its connections. */
  return(): Promise<IteratorResult<T>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.batch = undefined;
    this.shell.close();
    this.onEnd(this);
  }

  private taken(): IteratorResult<T> | undefined {
    if (this.batch === undefined) return undefined;
    const result = this.batch.next();
    if (!result.done) return result;
    this.batch = undefined;
    return undefined;
  }

  private async pull(): Promise<IteratorResult<T>> {
    try {
      while (!this.isOver) {
        const ready = this.taken();
        if (ready !== undefined) return ready;
        const step = await this.steps.next();
        if (step.done) break;
        if (step.value !== "idle") this.batch = step.value[Symbol.iterator]();
      }
    } catch (error) {
      if (!this.isOver) {
        this.end();
        throw error;
      }
    }
    return { done: true, value: undefined };
  }
}
