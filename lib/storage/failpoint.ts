import { DomainError } from "../errors/domain-error.ts";

/** Every place where a test may kill the process, in the order in which one request passes them. */
export const failpointNames = [
  "api.before-enqueue",
  "api.after-enqueue",
  "intent.before-sync",
  "intent.after-sync",
  "storage.before-link",
  "storage.after-link",
  "storage.before-rename",
  "storage.after-rename",
  "storage.after-remove",
  "ingest.while-reading",
  "ingest.before-commit",
  "ingest.after-commit",
  "embed.after-claim",
  "embed.before-commit",
  "embed.after-commit",
  "embed.between-brought",
  "build.before-publish",
  "build.after-publish",
  "gate.before-record",
  "promote.before-commit",
  "promote.after-commit",
  "trial.before-publish",
  "trial.after-publish",
  "trial.before-record",
  "trial.after-record",
  "jobs.before-terminal",
  "jobs.after-terminal",
  "spend.after-log",
  "spend.after-settle",
  "migration.before-job",
  "migration.after-definition",
  "evolve.before-commit",
  "evolve.after-commit",
  "agent.after-decision",
  "agent.after-request",
] as const;
export type FailpointName = (typeof failpointNames)[number];

let armed: Map<FailpointName, number> | undefined;

/** `name` or `name:n`, joined by commas; the empty text disarms all. An unknown name is `invalid`, `failpoint-unknown`. */
export function armFailpoints(specification: string): void {
  const entries = specification.split(",").filter((entry) => entry.trim() !== "");
  armed = entries.length === 0 ? undefined : new Map(entries.map(readEntry));
}

/** Kills this process by SIGKILL if the point is armed and passed for the n-th time; otherwise does nothing. */
export function failpoint(name: FailpointName): void {
  if (armed === undefined) return;
  const left = armed.get(name);
  if (left === undefined) return;
  if (left > 1) armed.set(name, left - 1);
  else process.kill(process.pid, "SIGKILL");
}

function readEntry(entry: string): [FailpointName, number] {
  const [text = "", count = "1"] = entry.trim().split(":");
  const name = failpointNames.find((known) => known === text);
  if (name === undefined || !/^[1-9]\d{0,8}$/.test(count)) {
    throw new DomainError({
      kind: "invalid",
      type: "failpoint-unknown",
      message: `"${entry}" is not a failpoint.`,
      field: "LAKEFLEET_FAILPOINTS",
      remedy: `Write name or name:n with one of: ${failpointNames.join(", ")}.`,
    });
  }
  return [name, Number(count)];
}
