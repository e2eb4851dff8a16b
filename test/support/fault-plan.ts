import type { FailpointName } from "@lakefleet/lib/storage/failpoint.ts";
import type { Role } from "./fault-lake.ts";

export type Fault =
  | { kind: "kill"; role: Role; afterMs: number }
  | { kind: "failpoint"; role: Role; name: FailpointName; pass: number }
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

/** One fault at each failpoint of the roles, at its first pass. */
export function failpointsOf(...of: readonly Role[]): Fault[] {
  const points = failpointRoles.filter(([, role]) => of.includes(role));
  return points.map(([name, role]) => ({ kind: "failpoint", name, role, pass: 1 }));
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
    return { kind: "failpoint", name, role, pass: 1 + Math.floor(random() * 3) };
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
