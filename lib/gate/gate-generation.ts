import type { OpenProvider } from "../embedding/open-provider.ts";
import { DomainError } from "../errors/domain-error.ts";
import { type CommittedEvalSet, readEvalSet } from "../evaluation/eval-set-log.ts";
import {
  type Certificate,
  type GateCheck,
  type GateJudgement,
  issueCertificate,
  writeCertificate,
} from "../generation/certificate.ts";
import { readDefinition } from "../generation/definition-log.ts";
import { writeGateFailure } from "../generation/gate-failure.ts";
import { gateFailureKey } from "../generation/generation-keys.ts";
import type { IndexDefinition } from "../generation/index-definition.ts";
import { readPolicy } from "../generation/index-policy.ts";
import { readManifest, type StoredManifest } from "../generation/read-manifest.ts";
import type { VerifiedFiles } from "../generation/verified-files.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { modelDigestOf } from "./check-model.ts";
import { findCertificate } from "./find-certificate.ts";
import { describeCheck, equals } from "./gate-check.ts";
import { type GateVerdict, judgeGeneration } from "./judge-generation.ts";

export interface GateOutcome {
  generation: string;
  datasetVersion: number;
  vectorCount: number;
  certificate: Certificate;
  /** True where this very build had passed under the same policy before. */
  reused: boolean;
}

export interface GateOptions {
  store: ObjectStore;
  index: string;
  generation: string;
  /** Instead of the index's own, for a model that is yet to prove itself. */
  definition?: IndexDefinition | undefined;
  /** Told every check, also where one of them fails. */
  onChecks?: ((checks: readonly GateCheck[]) => void) | undefined;
  verified?: VerifiedFiles | undefined;
  /** Who embeds texts as the model of the generation did; the built-in embedder where it is not given. */
  providers?: OpenProvider | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Proves from the stored bytes alone that a generation may serve, and certifies it. A check that fails is a `conflict`
 * of type `gate-failed` that names each failed check with what was measured and what was asked for; the same stands in
 * the failed report, which replaces no certificate and stands until a gate passes.
 */
export async function gateGeneration(options: GateOptions): Promise<GateOutcome> {
  const { store, index, generation, onChecks, verified, providers, signal } = options;
  const definition = options.definition ?? (await readDefinition(store, index));
  const { gates: thresholds, evalSet: name } = await readPolicy(store, index);
  const evalSet = name === undefined ? undefined : await readEvalSet(store, name);
  const given = { index, generation, evalSet: describeSet(evalSet), thresholds };
  const { manifest, checksum } = await readSubject(options, given);
  const judgement: GateJudgement = { ...given, manifestChecksum: checksum };
  const { datasetVersion, vectorCount } = manifest;
  const facts = { generation, datasetVersion, vectorCount };

  const earlier = await findCertificate(store, index, generation);
  if (earlier !== undefined && isSameJudgement(earlier, judgement)) {
    onChecks?.(earlier.checks);
    await store.delete(gateFailureKey(index, generation));
    return { ...facts, certificate: earlier, reused: true };
  }
  const verdict = await judgeGeneration({
    store,
    manifest,
    definition,
    thresholds,
    evalSet: evalSet?.set,
    verified,
    providers,
    signal,
  });
  onChecks?.(verdict.checks);
  failpoint("gate.before-record");
  const certificate = await record({ store, judgement, verdict, stored: { manifest, checksum } });
  return { ...facts, certificate, reused: false };
}

function describeSet(evalSet: CommittedEvalSet | undefined): GateJudgement["evalSet"] {
  if (evalSet === undefined) return null;
  const { set, checksum } = evalSet;
  return { name: set.name, checksum, queryCount: set.queries.length };
}

/** A manifest that cannot be read is a failed gate like any other. */
async function readSubject(
  { store, index, generation, onChecks }: GateOptions,
  given: Omit<GateJudgement, "manifestChecksum">,
): Promise<StoredManifest> {
  try {
    return await readManifest(store, index, generation);
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind !== "corrupt") throw error;
    const checks = [equals("manifest", error.message, "readable", "nothing else could be checked")];
    onChecks?.(checks);
    return fail(store, { ...given, manifestChecksum: null }, checks);
  }
}

async function record(passed: {
  store: ObjectStore;
  judgement: GateJudgement;
  verdict: GateVerdict;
  stored: StoredManifest;
}): Promise<Certificate> {
  const { store, judgement, verdict, stored } = passed;
  const { checks, measures, fusion } = verdict;
  if (measures === undefined || checks.some((check) => !check.passed)) return fail(store, judgement, checks);
  const { manifest } = stored;
  const certificate = issueCertificate({
    schemaVersion: 2,
    ...judgement,
    ...measures,
    checks,
    modelDigest: modelDigestOf(manifest),
    costUsd: manifest.costUsd ?? null,
    parameters: manifest.parameters,
    fusion,
    at: new Date().toISOString(),
  });
  await writeCertificate(store, certificate);
  await store.delete(gateFailureKey(judgement.index, judgement.generation));
  return certificate;
}

async function fail(
  store: ObjectStore,
  judgement: Omit<GateJudgement, "manifestChecksum"> & { manifestChecksum: string | null },
  checks: GateCheck[],
): Promise<never> {
  await writeGateFailure(store, { schemaVersion: 2, ...judgement, checks, at: new Date().toISOString() });
  const findings = checks.filter((check) => !check.passed).map(describeCheck);
  throw new DomainError({
    kind: "conflict",
    type: "gate-failed",
    field: "generation",
    message: `The generation ${judgement.generation} does not pass the gate. ${findings.join("; ")}.`,
    remedy:
      "What served before goes on serving. Build the index again with other parameters, or change the index's policy.",
  });
}

function isSameJudgement(certificate: Certificate, judgement: GateJudgement): boolean {
  const { manifestChecksum, evalSet, thresholds } = certificate;
  const wanted = [judgement.manifestChecksum, judgement.evalSet, judgement.thresholds];
  return canonicalJson([manifestChecksum, evalSet, thresholds]) === canonicalJson(wanted);
}
