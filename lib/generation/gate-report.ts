import { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import { checksumBytes } from "../storage/checksum.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { gateKey } from "./generation-keys.ts";

const GateCheck = z.strictObject({
  name: z.string(),
  passed: z.boolean(),
  /** What was found and what was asked for, in the check's own measure. */
  measured: z.union([z.number(), z.string()]),
  threshold: z.union([z.number(), z.string()]),
  detail: z.string(),
});
export type GateCheck = z.infer<typeof GateCheck>;

/** Proof that a generation may serve; written only when every check has passed. */
export const GateReport = z.strictObject({
  schemaVersion: z.literal(1),
  index: z.string(),
  generation: z.string(),
  /** The manifest that was gated: a generation that was rebuilt since must be gated again. */
  manifestChecksum: z.string(),
  passed: z.literal(true),
  checks: z.array(GateCheck),
  at: z.string(),
});
export type GateReport = z.infer<typeof GateReport>;

const StoredReport = z.strictObject({ checksum: z.string(), report: z.json() });

/** The report of a generation, or undefined where there is none; damage is `corrupt`, `gate-damaged`. */
export async function readGateReport(
  store: ObjectStore,
  index: string,
  generation: string,
): Promise<GateReport | undefined> {
  const key = gateKey(index, generation);
  if ((await store.size(key)) === undefined) return undefined;
  const stored = StoredReport.safeParse(parse(await store.get(key)));
  if (!stored.success || stored.data.checksum !== checksumBytes(canonicalJson(stored.data.report))) {
    throw damaged(key, stored.error);
  }
  const report = GateReport.safeParse(stored.data.report);
  if (!report.success) throw damaged(key, report.error);
  return report.data;
}

/** Replaces whatever report there was: it spoke of an earlier build under the same name. */
export async function writeGateReport(store: ObjectStore, report: GateReport): Promise<void> {
  const checksum = checksumBytes(canonicalJson(report));
  await store.put(
    gateKey(report.index, report.generation),
    Buffer.from(JSON.stringify({ checksum, report })),
  );
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    // Whatever is no JSON is no report either; the schema then says so.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function damaged(key: string, cause: unknown): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "gate-damaged",
    message: `The gate report at "${key}" is damaged.`,
    place: { file: key },
    remedy: "Delete it and gate the generation again.",
    cause,
  });
}
