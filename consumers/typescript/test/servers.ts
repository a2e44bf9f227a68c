/** Real servers for tests: started on free loopback ports, ended by whoever started them. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createClient } from "@redis/client";

/** Why tests of real servers are left out; undefined where they run. */
export const MISSING: string | undefined =
  spawnSync("redis-server", ["--version"]).status === 0
    ? undefined
    : "NO redis-server ON PATH: the client is not tested against a real one";
if (MISSING !== undefined && process.env["PYKRAKEN_REQUIRE_ALL"] === "1") throw new Error(MISSING);
if (MISSING !== undefined) console.error(`SKIPPED: ${MISSING}`);

/** Return a port that nobody uses. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Wait until something holds. Throw after ten seconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`in vain waited until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export type Redis = Awaited<ReturnType<typeof connected>>;

async function connected(port: number) {
  const redis = createClient({ socket: { host: "127.0.0.1", port, reconnectStrategy: 20 } });
  redis.on("error", () => undefined);
  await redis.connect();
  return redis;
}

/** A redis-server of one's own. */
export class TestServer {
  readonly folder = mkdtempSync(join(tmpdir(), "pykraken-ts-"));
  private process: ChildProcess | undefined;
  private redis: Redis | undefined;

  private constructor(
    readonly port: number,
    private readonly options: readonly string[],
  ) {}

  static async start(...options: string[]): Promise<TestServer> {
    const server = new TestServer(await freePort(), options);
    await server.run();
    return server;
  }

  /** Start a Sentinel with a configuration file. */
  static async sentinel(file: string): Promise<TestServer> {
    const server = new TestServer(await freePort(), [file, "--sentinel"]);
    await server.run();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Start it, again if it was stopped. */
  async run(): Promise<void> {
    const isSentinel = this.options.includes("--sentinel");
    const plain = isSentinel ? [] : ["--save", "", "--appendonly", "no"];
    const where = ["--port", String(this.port), "--dir", this.folder, "--bind", "127.0.0.1"];
    const args = isSentinel ? [...this.options, ...where] : [...where, ...plain, ...this.options];
    this.process = spawn("redis-server", args, { stdio: "ignore" });
    this.redis = await connected(this.port);
  }

  /** Send a command; bytes and texts as they are. */
  async send(...command: (string | Buffer)[]): Promise<unknown> {
    if (this.redis === undefined) throw new Error("not started");
    return this.redis.sendCommand(command);
  }

  add(stream: string, id: string, data: Buffer): Promise<unknown> {
    return this.send("XADD", stream, id, "d", data);
  }

  /** Stop it at once, and wait until it is gone. */
  async stop(): Promise<void> {
    this.redis?.destroy();
    this.redis = undefined;
    const { process } = this;
    this.process = undefined;
    if (process === undefined || process.exitCode !== null) return;
    const gone = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGKILL");
    await gone;
  }

  /** Stop it and leave nothing behind. */
  async end(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
