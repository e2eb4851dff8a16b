import type { FailpointName } from "@lakefleet/lib/storage/failpoint.ts";
import type { Role } from "./fault-lake.ts";

/** Of a process, the moment it passes the point for the so-manyth time. */
export interface Death {
  role: Role;
  name: FailpointName;
  pass: number;
}

export type Fault =
  | { kind: "kill"; role: Role; afterMs: number }
  /** Roles die at the same time as each other; a role that is there twice dies again once it has been started again. */
  | { kind: "failpoint"; deaths: readonly Death[] }
  | { kind: "kill-redis"; afterMs: number }
  | { kind: "flush-redis"; afterMs: number }
  | { kind: "freeze"; role: "ingest" | "embed" | "index"; afterMs: number; forMs: number };

/** Which process passes which point; a point without a line here is in no test. */
const failpointRoles: readonly [FailpointName, Role][] = [
  ["api.before-enqueue", "api"],
  ["api.after-enqueue", "api"],
  ["intent.before-sync", "api"],
  ["intent.after-sync", "api"],
  ["storage.before-rename", "ingest"],
  ["storage.after-rename", "ingest"],
  ["storage.before-link", "ingest"],
  ["storage.after-link", "ingest"],
  ["ingest.before-commit", "ingest"],
  ["ingest.after-commit", "ingest"],
  ["embed.after-claim", "embed"],
  ["embed.before-commit", "embed"],
  ["embed.after-commit", "embed"],
  ["storage.before-rename", "index"],
  ["storage.after-rename", "index"],
  ["build.before-publish", "index"],
  ["build.after-publish", "index"],
  ["gate.before-record", "index"],
  ["promote.before-commit", "index"],
  ["promote.after-commit", "index"],
  ["storage.before-link", "index"],
  ["storage.after-link", "index"],
  ["jobs.before-terminal", "index"],
  ["jobs.after-terminal", "index"],
];

/** A frozen worker must outlast its lock of two seconds, so that its job runs twice at the same time. */
const freezeMs = 3_500;
/** The whole chain of three small files takes about two seconds, so every step gets its share of faults. */
const delayMaxMs = 2_000;

/**
 * A death at each failpoint of roles that follow each other, at its first pass, in half as many runs as the role with the
 * most has points: in each, every role dies at one point of its own and, once it is back, at a later one. A job survives
 * as much.
 */
export function failpointsInTurn(...roles: readonly Role[]): Fault[] {
  const deaths = roles.map(deathsOf);
  const runs = Math.ceil(Math.max(...deaths.map(({ length }) => length)) / 2);
  return Array.from({ length: runs }, (_, run) => ({
    kind: "failpoint",
    deaths: deaths.flatMap((ofRole) => ofRole.filter((_death, place) => place % runs === run)),
  }));
}

function deathsOf(role: Role): Death[] {
  return failpointRoles.filter(([, of]) => of === role).map(([name]) => ({ role, name, pass: 1 }));
}

/** Who is killed or frozen by the fault itself. */
export function rolesStruckBy(fault: Fault): Role[] {
  if (fault.kind === "failpoint") return fault.deaths.map(({ role }) => role);
  return "role" in fault ? [fault.role] : [];
}

/** A fault by chance; the same for the same seed. */
export function drawFault(random: () => number): Fault {
  const afterMs = Math.floor(random() * delayMaxMs);
  const draw = random();
  if (draw < 0.4)
    return {
      kind: "kill",
      role: pick(["api", "serve", "ingest", "embed", "index"] as const, random),
      afterMs,
    };
  if (draw < 0.6) {
    const [name, role] = pick(failpointRoles, random);
    return { kind: "failpoint", deaths: [{ role, name, pass: 1 + Math.floor(random() * 3) }] };
  }
  if (draw < 0.75) return { kind: "kill-redis", afterMs };
  if (draw < 0.9) return { kind: "flush-redis", afterMs };
  return {
    kind: "freeze",
    role: pick(["ingest", "embed", "index"] as const, random),
    afterMs,
    forMs: freezeMs,
  };
}

function pick<T>(values: readonly T[], random: () => number): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
}
