/**
 * One connection to one server: opened with what a URL says, given up for good at the first fault.
 *
 * node-redis speaks to the server; its own retries, queues and timeouts are off, because whoever
 * reads connects again by itself and says so in the stream of events. Files (passwords, users,
 * certificates) are read at each connect, so that whatever was rotated is taken with the next one.
 */
import { readFile } from "node:fs/promises";

import { createClient, ErrorReply, RESP_TYPES } from "@redis/client";

import { type Node, nodeText, type Options, type Target } from "./url.js";

/** A command: its name and arguments. */
export type Command = readonly (string | Buffer)[];
/** What Redis may answer, texts as bytes, maps as flat arrays. */
export type Reply = Buffer | string | number | null | readonly Reply[];

/** Beyond a read's own wait, after which the server counts as hung. */
export const ANSWER_S = 3;
/** No password is longer; a wrong path may lead to anything. */
const FILE_MAX = 4096;

/** Replies by node-redis: texts as bytes, nothing made into objects. */
const TYPE_MAPPING = { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.MAP]: Array };

/** Why there is no answer: the connection is lost, or there never was one. */
export class Lost extends Error {}

/** Whose login: the server's, or the Sentinels'. */
export type Role = "" | "sentinel_";

/** What a connection is opened with. */
export interface Dial {
  readonly target: Target;
  /** Where to; left out for the Unix socket of the target. */
  readonly node?: Node;
  readonly role: Role;
  readonly protocol: 2 | 3;
  readonly connectS: number;
}

/** An open connection. */
export class Connection {
  /** True where its owner wants no answer any more: then a loss is nobody's fault. */
  isGivenUp = false;

  private constructor(
    private readonly redis: ReturnType<typeof clientOf>,
    private readonly abort: AbortController,
  ) {}

  /**
   * Connect and log in. Throw `ErrorReply` where the server refuses, `Lost` where there is none.
   */
  static async open(dial: Dial, signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted();
    const abort = new AbortController();
    const onAbort = () => abort.abort();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const redis = await clientFor(dial, abort.signal);
      const connection = new Connection(redis, abort);
      await connection.within(dial.connectS, connection.connected());
      return connection;
    } catch (error) {
      abort.abort();
      throw error instanceof ErrorReply ? error : new Lost(reason(error, dial));
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Send commands in one round trip and return what came of each, errors among them. Throw `Lost`,
   * after which the connection is closed.
   */
  async run(commands: readonly Command[], blockMs = 0): Promise<(Reply | ErrorReply)[]> {
    const replies = commands.map((command) =>
      this.redis.sendCommand<Reply>(command).catch((error: unknown) => {
        if (error instanceof ErrorReply) return error;
        throw error;
      }),
    );
    try {
      return await this.within(blockMs / 1000 + ANSWER_S, Promise.all(replies));
    } catch (error) {
      this.close();
      throw error instanceof Lost ? error : new Lost(reason(error));
    }
  }

  /** Close it because nobody wants the answer any more. */
  giveUp(): void {
    this.isGivenUp = true;
    this.close();
  }

  /** Close it; what waits for an answer is lost at once. */
  close(): void {
    this.redis.destroy();
    this.abort.abort();
  }

  private async connected(): Promise<void> {
    // A socket that is closed while it connects may yet do so: then it is closed again.
    const connected = this.redis.connect();
    connected.then(
      () => this.abort.signal.aborted && this.redis.destroy(),
      () => undefined,
    );
    await connected;
  }

  /** Return what is promised. Throw `Lost` where it does not come in time, or all is closed. */
  private async within<T>(seconds: number, promised: Promise<T>): Promise<T> {
    const { signal } = this.abort;
    let onAbort = () => {};
    const given = new Promise<never>((_, reject) => {
      onAbort = () => reject(new Lost(`no answer in ${seconds} s`));
      signal.addEventListener("abort", onAbort, { once: true });
    });
    const timer = setTimeout(() => this.close(), seconds * 1000);
    try {
      return await Promise.race([promised, given]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }
}

async function clientFor(dial: Dial, signal: AbortSignal) {
  const { target, node, role, protocol } = dial;
  const { options } = target;
  const [username, password] = await loginOf(options, role);
  const tls = target.isTls ? await tlsOf(options) : {};
  const address = node === undefined ? { path: target.path } : { host: node.host, port: node.port };
  const redis = clientOf({
    RESP: options.protocol === undefined ? protocol : options.protocol === "3" ? 3 : 2,
    socket: {
      ...address,
      ...tls,
      tls: target.isTls,
      signal,
      connectTimeout: dial.connectS * 1000,
      reconnectStrategy: false,
    } as object,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(role === "" && target.db > 0 && { database: target.db }),
    commandOptions: { typeMapping: TYPE_MAPPING, timeout: 0 },
    disableClientInfo: true,
    maintNotifications: "disabled",
  });
  redis.on("error", () => undefined); // every command says so itself
  return redis;
}

function clientOf(options: Parameters<typeof createClient>[0]) {
  return createClient(options);
}

async function loginOf(options: Options, role: Role): Promise<(string | undefined)[]> {
  if (role === "") {
    const { username, username_file, password, password_file } = options;
    return [
      username_file === undefined ? username : await secretIn(username_file),
      password_file === undefined ? password : await secretIn(password_file),
    ];
  }
  const { sentinel_username, sentinel_password, sentinel_password_file: file } = options;
  return [sentinel_username, file === undefined ? sentinel_password : await secretIn(file)];
}

async function tlsOf(options: Options): Promise<object> {
  const { ssl_ca_certs: ca, ssl_certfile: cert, ssl_keyfile: key, ssl_password } = options;
  return {
    rejectUnauthorized: true, // whatever the environment says
    minVersion: "TLSv1.2",
    ...(ca !== undefined && { ca: await readFile(ca) }),
    ...(cert !== undefined && { cert: await readFile(cert), key: await readFile(key ?? cert) }),
    ...(ssl_password !== undefined && { passphrase: ssl_password }),
  };
}

/** Return what a file holds, without the space around it; an error shows none of it. */
async function secretIn(path: string): Promise<string> {
  const found = (await readFile(path)).subarray(0, FILE_MAX).toString("utf8").trim();
  if (found !== "" && !found.includes("\ufffd")) return found;
  throw new Error(`${path} must hold the value and nothing else, as text`);
}

/** Return what is wrong, in words; some errors of sockets have a code alone. */
function reason(error: unknown, dial?: Dial): string {
  const where = dial?.node === undefined ? "" : `${nodeText(dial.node)}: `;
  if (!(error instanceof Error)) return `${where}${String(error)}`;
  const { code } = error as { code?: string };
  return `${where}${error.message || code || error.name}`;
}
