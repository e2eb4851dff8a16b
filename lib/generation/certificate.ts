import { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import { checksumBytes } from "../storage/checksum.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { IndexParameters } from "../vector/index-parameters.ts";
import { gateKey } from "./generation-keys.ts";
import { GateThresholds } from "./index-policy.ts";

export const GateCheck = z.strictObject({
  name: z.string(),
  passed: z.boolean(),
  /** What was found and what was asked for, in the check's own measure; without a threshold it is reported only. */
  measured: z.union([z.number(), z.string()]),
  threshold: z.union([z.number(), z.string()]).nullable(),
  /** How the two must stand to each other. */
  wanted: z.enum(["equal", "at least", "at most"]),
  detail: z.string(),
});
export type GateCheck = z.infer<typeof GateCheck>;

/** By what a generation was judged; a verdict holds for one manifest under one judgement. */
export const GateJudgement = z.strictObject({
  index: z.string(),
  generation: z.string(),
  /** The manifest that was gated: a generation that was rebuilt since must be gated again. */
  manifestChecksum: z.string(),
  /** Null where stored vectors of the generation were the queries. */
  evalSet: z.strictObject({ name: z.string(), checksum: z.string(), queryCount: z.int() }).nullable(),
  thresholds: GateThresholds,
});
export type GateJudgement = z.infer<typeof GateJudgement>;

/** What the gate measured; figures, where the checks are verdicts. */
export const GateMeasures = z.strictObject({
  /** Recall@10 against an exact scan, where this share of the chunks may be found, with its 95 % interval. */
  recall: z.array(
    z.strictObject({
      selectivity: z.number(),
      recall: z.number(),
      low: z.number(),
      high: z.number(),
      queryCount: z.int(),
    }),
  ),
  /** Share of judged queries with a relevant document among the first ten; null without judgements. */
  hit: z.number().nullable(),
  meanReciprocalRank: z.number().nullable(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  openMs: z.number(),
  /** The generation's files, which the system may keep mapped, and what the process took for itself beside them. */
  memoryBytes: z.int(),
  /** Indexed rows by rows of the dataset version; 1 where it has none. */
  coverage: z.number(),
});
export type GateMeasures = z.infer<typeof GateMeasures>;

/** Proof that a generation may serve; written only when every check has passed. */
export const Certificate = z.strictObject({
  schemaVersion: z.literal(2),
  /** The checksum of everything else in it. */
  id: z.string(),
  ...GateJudgement.shape,
  ...GateMeasures.shape,
  checks: z.array(GateCheck),
  /** Of the model's name, revision, dimension and metric. */
  modelDigest: z.string(),
  /** What embedding cost since the generation that served before; null where it is not known. */
  costUsd: z.number().nullable(),
  parameters: IndexParameters,
  fusion: z.strictObject({
    method: z.enum(["weighted", "rrf"]),
    lexicalWeight: z.number().min(0).max(1),
    /** False where it is the definition's own, for want of judged queries. */
    measured: z.boolean(),
  }),
  at: z.string(),
});
export type Certificate = z.infer<typeof Certificate>;

/** A certificate of what it says; its id follows from it. */
export function issueCertificate(content: Omit<Certificate, "id">): Certificate {
  const plain: unknown = JSON.parse(JSON.stringify(content));
  return Certificate.parse({ ...content, id: checksumBytes(canonicalJson(plain)) });
}

/**
 * The certificate of a generation, or undefined where there is none. One whose id is not its content's, or that speaks
 * of another generation, is `corrupt`, `certificate-damaged`.
 */
export async function readCertificate(
  store: ObjectStore,
  index: string,
  generation: string,
): Promise<Certificate | undefined> {
  const key = gateKey(index, generation);
  if ((await store.size(key)) === undefined) return undefined;
  const stored = parse(await store.get(key));
  if (EarlierReport.safeParse(stored).success) return undefined;
  const certificate = Certificate.safeParse(stored);
  if (!certificate.success) throw damaged(key, "does not fit its schema", certificate.error);
  const { id, ...content } = certificate.data;
  if (issueCertificate(content).id !== id) throw damaged(key, "was changed after it was issued");
  if (content.index !== index || content.generation !== generation) {
    throw damaged(key, `was issued for ${content.generation} of ${content.index}`);
  }
  return certificate.data;
}

/** Replaces whatever there was: it spoke of an earlier build, or of an earlier policy. */
export async function writeCertificate(store: ObjectStore, certificate: Certificate): Promise<void> {
  const key = gateKey(certificate.index, certificate.generation);
  await store.put(key, Buffer.from(`${JSON.stringify(certificate, null, 2)}\n`));
}

/** What the gate wrote before it certified: it proves less than a certificate, so the generation is gated again. */
const EarlierReport = z.object({ checksum: z.string(), report: z.object({ schemaVersion: z.literal(1) }) });

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    // Whatever is no JSON is no certificate either; the schema then says so.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function damaged(key: string, problem: string, cause?: unknown): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "certificate-damaged",
    message: `The certificate at "${key}" ${problem}.`,
    place: { file: key },
    remedy: "Delete it and gate the generation again.",
    cause,
  });
}
