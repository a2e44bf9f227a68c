/**
 * Where Redis is, from a URL's text: one server, the master that Sentinels name, the nodes of a
 * cluster, or a Unix socket. Pure.
 *
 *     redis://[user:password@]host[:6379][/db]                           rediss:// with TLS
 *     redis+sentinel://[user:password@]host[:26379][,...]/master[/db]    rediss+sentinel://
 *     redis+cluster://[user:password@]host[:6379][,...]                  rediss+cluster://
 *     unix://[user:password@]/path[?db=0]
 *
 * What else a URL may say stands in `QUERIES`. Certificates are always verified: nothing in a URL
 * turns that off. No message here holds any part of the URL, which may hold a password.
 */

/** What stands at the address. */
export type Kind = "one" | "sentinel" | "cluster";

/** Of each scheme: what stands there, and whether TLS is spoken. */
const SCHEMES: Readonly<Record<string, readonly [Kind, boolean]>> = {
  redis: ["one", false],
  rediss: ["one", true],
  unix: ["one", false],
  "redis+sentinel": ["sentinel", false],
  "rediss+sentinel": ["sentinel", true],
  "redis+cluster": ["cluster", false],
  "rediss+cluster": ["cluster", true],
};
const FORMS = `must be a URL ${Object.keys(SCHEMES).join("://... or ")}://...`;
const PORTS: Readonly<Record<Kind, number>> = { one: 6379, sentinel: 26379, cluster: 6379 };

/** What may follow the `?`. */
const QUERIES = [
  "db", // number of the database
  "protocol", // 2 or 3, the version of RESP; as the client was told unless given
  "username", // who asks, where it does not stand before the @
  "password", // likewise
  "username_file", // file with the user's name, read at each connect
  "password_file", // file with the password, read at each connect
  "sentinel_username", // who asks the Sentinels; without it and a password they are just asked
  "sentinel_password", // likewise
  "sentinel_password_file", // file with it, read at each connect
  "ssl_ca_certs", // PEM file of a private CA
  "ssl_certfile", // PEM file of the client's certificate, for mutual TLS
  "ssl_keyfile", // PEM file of its key
  "ssl_password", // what that key's file is encrypted with, if it is
] as const;
/** Redis clients know these, by which verification is turned off; here they may say it is on. */
const SWITCHES: Readonly<Record<string, string>> = {
  ssl_cert_reqs: "required",
  ssl_check_hostname: "true",
};

/** A server's address. */
export interface Node {
  readonly host: string;
  readonly port: number;
}

/** What a URL says besides addresses: no empty ones, user and password wherever they stood. */
export type Options = Readonly<Partial<Record<(typeof QUERIES)[number], string>>>;

/** What a URL says. */
export interface Target {
  readonly kind: Kind;
  /** The server, the Sentinels, or the first nodes to ask; empty for a Unix socket. */
  readonly nodes: readonly Node[];
  readonly isTls: boolean;
  /** Of the Unix socket. */
  readonly path: string;
  readonly db: number;
  /** The name by which Sentinels know the master. */
  readonly master: string;
  readonly options: Options;
}

/** Return an address as text. */
export function nodeText({ host, port }: Node): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const PARTS = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?$/is;

/** Return what `url` says. Throw `TypeError` with what is allowed. */
export function parseUrl(url: string): Target {
  const [, scheme = "", place = "", path = "", query = ""] = PARTS.exec(url) ?? [];
  const known = Object.hasOwn(SCHEMES, scheme.toLowerCase());
  if (!known) fail(FORMS);
  const [kind, isTls] = SCHEMES[scheme.toLowerCase()];
  const at = place.lastIndexOf("@");
  const options = optionsOf(place.slice(0, Math.max(0, at)), query);
  checkOptions(options, kind, isTls);
  const hosts = place.slice(at + 1);
  if (scheme.toLowerCase() === "unix") {
    const isPath = hosts === "" && /[^/]/.test(path);
    if (!isPath) fail("must be unix:///path of the socket, with three slashes");
    const db = dbOf(options, "");
    return { kind, nodes: [], isTls, path: unquote(path), db, master: "", options };
  }
  const nodes = hosts.split(",").map((text) => nodeOf(text, PORTS[kind]));
  if (kind === "one" && nodes.length > 1) {
    fail("must name one host: several belong to redis+sentinel or redis+cluster");
  }
  const words = path.split("/").filter((word) => word !== "");
  const master = kind === "sentinel" ? unquote(words.shift() ?? "") : "";
  if (kind === "sentinel" && master === "") {
    fail("must name the master behind the Sentinels: /mymaster or /mymaster/0");
  }
  if (words.length > 1) fail("must end behind the number of the database");
  const db = dbOf(options, unquote(words[0] ?? ""));
  if (kind === "cluster" && db > 0) fail("must leave the database out: a cluster has one, 0");
  return { kind, nodes, isTls, path: "", db, master, options };
}

function fail(rule: string): never {
  throw new TypeError(`the URL of Redis ${rule}`);
}

function optionsOf(login: string, query: string): Options {
  const pairs = query === "" ? [] : query.split("&").map((pair) => pair.split("="));
  if (pairs.some((pair) => pair.length !== 2)) {
    fail("must have name=value pairs behind the ?, with & between them");
  }
  const decoded = pairs.map((pair) => pair.map((text) => unquote(text.replaceAll("+", " "))));
  const told = new Map(decoded.filter(([, value]) => value !== "") as [string, string][]);
  if (new Set(decoded.map(([name]) => name)).size < pairs.length) {
    fail("must have each name behind the ? once");
  }
  const [, user, password] = /^([^:]*):?(.*)$/s.exec(login) ?? [];
  for (const [name, text] of [
    ["username", unquote(user)],
    ["password", unquote(password)],
  ]) {
    if (text === "") continue;
    if (told.has(name)) fail(`must have the ${name} before the @ or behind the ?, not both`);
    told.set(name, text);
  }
  return Object.fromEntries(told);
}

function checkOptions(options: Options, kind: Kind, isTls: boolean): void {
  for (const [name, value] of Object.entries(options)) {
    if (Object.hasOwn(SWITCHES, name)) {
      const isOn = value.toLowerCase() === SWITCHES[name];
      if (!isOn) fail(`must be without ${name}: certificates are always verified`);
    } else if (!(QUERIES as readonly string[]).includes(name)) {
      fail(`must have behind the ? only ${QUERIES.join(", ")}`);
    }
    if (name.startsWith("ssl_") && !isTls) {
      fail(`must be of rediss:// (or rediss+...) where ${name} is given`);
    }
    if (name.startsWith("sentinel_") && kind !== "sentinel") {
      fail(`must be of redis+sentinel:// where ${name} is given`);
    }
  }
  const isTwice =
    (options.username && options.username_file) ||
    (options.password && options.password_file) ||
    (options.sentinel_password && options.sentinel_password_file);
  if (isTwice) fail("must have username, password and sentinel_password, or their files, not both");
  if (options.ssl_keyfile && !options.ssl_certfile) {
    fail("must have ssl_certfile where ssl_keyfile is given");
  }
  const hasName = options.username ?? options.username_file;
  if (hasName && !(options.password ?? options.password_file)) {
    fail("must have a password (user:password@, or password_file) with the user");
  }
  if (!["2", "3"].includes(options.protocol ?? "2")) fail("must have protocol=2 or protocol=3");
}

function nodeOf(text: string, port: number): Node {
  const [, bracketed, plain = "", digits] = /^(?:\[(.*)\]|(.*?))(?::([^:\]]*))?$/.exec(text) ?? [];
  const host = unquote(bracketed ?? plain);
  if (bracketed === undefined && host.includes(":")) {
    fail("must have IPv6 addresses in brackets, [::1]:6379");
  }
  if (host === "") fail(`${FORMS} with a host, and one behind each comma`);
  const number = digits === undefined ? port : Number(digits);
  const isPort = /^\d+$/.test(digits ?? "0") && number > 0 && number < 65536;
  if (!isPort) fail("must have a port below 65536 behind each host, if any");
  return { host, port: number };
}

function dbOf(options: Options, word: string): number {
  if (word && options.db) fail("must have the database behind the host or as db=, not both");
  const text = options.db ?? (word || "0");
  if (!/^\d+$/.test(text)) fail("must have a number as the database");
  return Number(text);
}

/** Undo percent signs; what is no such sign stays as it is. */
function unquote(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (signs) =>
    Buffer.from(signs.replaceAll("%", ""), "hex").toString(),
  );
}
