import { readEvalSet } from "../evaluation/eval-set-log.ts";
import type { Certificate } from "../generation/certificate.ts";
import type { GenerationManifest } from "../generation/generation-manifest.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { modelDigestOf } from "./check-model.ts";
import { readGateQueries } from "./gate-queries.ts";
import { measureRecalls } from "./measure-search.ts";

/** Why a certificate cannot be believed: it says what is not so, or what can no longer be shown. */
export interface CertificateDoubt {
  type: "certificate-forged" | "certificate-stale";
  detail: string;
}

/**
 * Measures again what comes out the same every time, and holds it against a certificate: its facts, its verdicts, and
 * recall within the intervals of both. Latency, open time and memory belong to the machine that measured them.
 */
export async function recomputeCertificate(options: {
  store: ObjectStore;
  certificate: Certificate;
  opened: OpenGeneration;
  signal?: AbortSignal | undefined;
}): Promise<CertificateDoubt[]> {
  const { store, certificate, opened, signal } = options;
  const { manifest } = opened;
  const doubts = findContradictions(certificate, manifest);
  const committed = certificate.evalSet && (await readEvalSet(store, certificate.evalSet.name));
  if (committed && committed.checksum !== certificate.evalSet?.checksum) {
    const detail = `the eval set ${committed.set.name} has changed since; gate the generation again`;
    return [...doubts, { type: "certificate-stale", detail }];
  }
  const source = { store, manifest, evalSet: committed?.set, signal };
  const { queries } = await readGateQueries(opened, source);
  // Partly its parent's, whose queries were others: the whole is measured here.
  const isInherited = manifest.parent !== null && certificate.evalSet === null;
  for (const measured of await measureRecalls({ opened, queries, signal })) {
    const claimed = certificate.recall.find(({ selectivity }) => selectivity === measured.selectivity);
    if (claimed !== undefined && agree(claimed, measured, isInherited)) continue;
    const share = `${measured.selectivity * 100} % of the chunks`;
    const detail = `recall among ${share} is ${measured.recall.toFixed(4)}, not ${claimed?.recall.toFixed(4) ?? "there"}`;
    doubts.push({ type: "certificate-forged", detail });
  }
  return doubts;
}

function findContradictions(certificate: Certificate, manifest: GenerationManifest): CertificateDoubt[] {
  const { rows, indexed } = manifest.accounting;
  const facts: [string, unknown, unknown][] = [
    ["model digest", certificate.modelDigest, modelDigestOf(manifest)],
    ["parameters", certificate.parameters, manifest.parameters],
    ["coverage", certificate.coverage, rows === 0 ? 1 : indexed / rows],
    ["cost", certificate.costUsd, manifest.costUsd ?? certificate.costUsd],
  ];
  const wrong = facts.filter(([, said, is]) => canonicalJson(said) !== canonicalJson(is));
  const failed = certificate.checks.filter(({ passed }) => !passed);
  return [
    ...wrong.map(([name]) => `its ${name} is not the manifest's`),
    ...failed.map(({ name }) => `its own check ${name} did not pass`),
  ].map((detail) => ({ type: "certificate-forged", detail }));
}

/** Rounding in another order may move a figure by its last digit. */
const slack = 1e-9;

interface Recall {
  recall: number;
  low: number;
  high: number;
}

/** By the same queries each lies in the other's interval; by others, the intervals meet. */
function agree(claimed: Recall, measured: Recall, isInherited: boolean): boolean {
  if (isInherited) return claimed.low <= measured.high + slack && measured.low <= claimed.high + slack;
  return isWithin(measured.recall, claimed) && isWithin(claimed.recall, measured);
}

function isWithin(recall: number, { low, high }: Recall): boolean {
  return recall >= low - slack && recall <= high + slack;
}
