import { isIP } from "node:net";
import { DomainError } from "../errors/domain-error.ts";

export type Engine = "postgres" | "mysql";

export interface DatabaseAddress {
  engine: Engine;
  host: string;
  port: number;
  database: string;
  user: string;
  /** Never shown: `describeAddress` leaves it out. */
  password: string;
  tls: "disable" | "require" | "verify";
  /** PEM files, only where the configuration allows them. */
  tlsFiles: { ca?: string; certificate?: string; key?: string };
  /** Instead of host and port, only where the configuration allows it. */
  socketPath?: string;
}

/** What a DSN may ask for beyond a host on the network; nothing unless the configuration says so. */
export interface AllowedAddresses {
  /** `sslrootcert=…` and the like make the fleet read its own files. */
  files: boolean;
  sockets: boolean;
  /** 169.254/16 and fe80::/10, where clouds keep their credentials. */
  linkLocal: boolean;
}

const schemes: Record<string, Engine> = {
  "postgres:": "postgres",
  "postgresql:": "postgres",
  "mysql:": "mysql",
  "mariadb:": "mysql",
};
const ports: Record<Engine, number> = { postgres: 5432, mysql: 3306 };

/** Values of `sslmode` and `ssl-mode`, upper case apart. A plain connection is asked for by name. */
const tlsModes: Record<string, DatabaseAddress["tls"]> = {
  disable: "disable",
  disabled: "disable",
  require: "require",
  required: "require",
  "verify-ca": "verify",
  verify_ca: "verify",
  "verify-full": "verify",
  verify_identity: "verify",
};
const fileParameters: Record<string, keyof DatabaseAddress["tlsFiles"]> = {
  sslrootcert: "ca",
  "ssl-ca": "ca",
  sslcert: "certificate",
  "ssl-cert": "certificate",
  sslkey: "key",
  "ssl-key": "key",
};

/**
 * Reads `engine://user:password@host:port/database?sslmode=…`. What it does not know it refuses: a driver would take
 * some parameters for files to read or programs to trust. The text never gets into an error.
 */
export function parseDsn(text: string, engine: Engine, allowed: AllowedAddresses): DatabaseAddress {
  const url = parseUrl(text);
  if (schemes[url.protocol] !== engine) {
    throw refused(
      `A DSN of this kind begins with ${engine}://.`,
      `Write ${engine}://user:password@host/database.`,
    );
  }
  const { tls, files, socketPath } = readParameters(url, allowed);
  const host = hostOf(url, allowed);
  if (host === "" && socketPath === undefined) {
    throw refused("The DSN names no host.", `Write ${engine}://user:password@host/database.`);
  }
  assertAddressAllowed(host, allowed);
  return {
    engine,
    host,
    port: url.port === "" ? ports[engine] : Number(url.port),
    database: decode(url.pathname.slice(1)) || decode(url.username),
    user: decode(url.username),
    password: decode(url.password),
    tls,
    tlsFiles: files,
    ...(socketPath === undefined ? {} : { socketPath }),
  };
}

/** Engine, host and database: what of an address may stand in lineage, logs and messages. */
export function describeAddress({ engine, host, port, database, socketPath }: DatabaseAddress): string {
  const place = socketPath === undefined ? `${host}:${port}` : "a local socket";
  return `${engine}://${place}/${database}`;
}

/** Refuses an address where clouds answer with credentials; asked again for what a name resolves to. */
export function assertAddressAllowed(host: string, allowed: AllowedAddresses): void {
  if (allowed.linkLocal || !isLinkLocal(host)) return;
  throw new DomainError({
    kind: "forbidden",
    type: "dsn-address",
    field: "dsn",
    message: "The DSN leads to a link-local address, where clouds keep credentials.",
    remedy: "Name a database server, or allow link-local in LAKEFLEET_DATABASE_ALLOW.",
  });
}

function isLinkLocal(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "").toLowerCase();
  if (isIP(bare) === 4) return bare.startsWith("169.254.");
  if (isIP(bare.split("%")[0] ?? "") !== 6) return false;
  const mapped = /^::ffff:(?:169\.254\.|a9fe:)/.test(bare);
  return mapped || /^fe[89ab]/.test(bare);
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    // Without its cause, which holds the whole text.
    throw refused("The DSN is no URL.", "Escape special characters in user and password, such as %40 for @.");
  }
}

function hostOf(url: URL, allowed: AllowedAddresses): string {
  // The scheme is not one that the URL standard knows, so it leaves numbers and escapes in the host as they are.
  const host = decode(url.hostname);
  if (host.includes("/") && !allowed.sockets) throw socketRefused();
  const isNumber = /^(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+))*$/i.test(host);
  if (isNumber && isIP(host) !== 4)
    throw refused("The host is a number that is no IP address.", "Write it as a.b.c.d.");
  return host.replace(/^\[|\]$/g, "");
}

function readParameters(url: URL, allowed: AllowedAddresses) {
  const files: DatabaseAddress["tlsFiles"] = {};
  let tls: DatabaseAddress["tls"] = "disable";
  let socketPath: string | undefined;
  for (const [name, value] of url.searchParams) {
    const file = fileParameters[name.toLowerCase()];
    if (name === "sslmode" || name === "ssl-mode") tls = tlsMode(value);
    else if (file !== undefined) files[file] = allowedFile(name, value, allowed);
    else if (name === "host" || name === "socket" || name === "socketPath") {
      if (!allowed.sockets) throw socketRefused();
      socketPath = value;
    } else throw unknownParameter(name);
  }
  return { tls, files, socketPath };
}

function tlsMode(value: string): DatabaseAddress["tls"] {
  const tls = tlsModes[value.toLowerCase()];
  if (tls !== undefined) return tls;
  throw refused("The DSN asks for an unknown sslmode.", "It is disable, require or verify-full.");
}

function allowedFile(name: string, value: string, allowed: AllowedAddresses): string {
  if (allowed.files) return value;
  throw new DomainError({
    kind: "forbidden",
    type: "dsn-file",
    field: "dsn",
    message: `The DSN parameter ${name} would make the fleet read a file of its own machine.`,
    remedy: "Leave it out, or allow files in LAKEFLEET_DATABASE_ALLOW.",
  });
}

function socketRefused(): DomainError {
  return new DomainError({
    kind: "forbidden",
    type: "dsn-socket",
    field: "dsn",
    message: "The DSN leads to a socket of the fleet's own machine.",
    remedy: "Name a host, or allow sockets in LAKEFLEET_DATABASE_ALLOW.",
  });
}

function unknownParameter(name: string): DomainError {
  const shown = /^[\w.-]{1,40}$/.test(name) ? ` ${name}` : "";
  return refused(`The DSN parameter${shown} is not known here.`, "Of parameters there is sslmode.");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused("The DSN has a % that escapes nothing.", "Write %25 for a plain %.");
  }
}

function refused(message: string, remedy: string): DomainError {
  return new DomainError({ kind: "invalid", type: "dsn-invalid", field: "dsn", message, remedy });
}
