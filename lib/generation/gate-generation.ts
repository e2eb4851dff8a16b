import { DomainError } from "../errors/domain-error.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { checkBooks, checkFiles, checkParts, checkRecall, checkSearch } from "./gate-checks.ts";
import { type GateCheck, readGateReport, writeGateReport } from "./gate-report.ts";
import { openUngated } from "./read/open-generation.ts";
import { readManifest } from "./read-manifest.ts";

export interface GateOutcome {
  generation: string;
  datasetVersion: number;
  vectorCount: number;
  passed: true;
  checks: GateCheck[];
  /** True where this very build had passed before. */
  reused: boolean;
}

export interface GateOptions {
  store: ObjectStore;
  index: string;
  generation: string;
  signal?: AbortSignal | undefined;
}

/**
 * Proves from the stored bytes alone that a generation may serve, and records it. A check that fails is a `conflict` of
 * type `gate-failed` that names each failed check with what was measured and what was asked for.
 */
export async function gateGeneration(options: GateOptions): Promise<GateOutcome> {
  const { store, index, generation } = options;
  const { manifest, checksum } = await readManifest(store, index, generation);
  const facts = {
    generation,
    datasetVersion: manifest.datasetVersion,
    vectorCount: manifest.vectorCount,
    passed: true,
  } as const;
  const earlier = await readGateReport(store, index, generation);
  if (earlier?.manifestChecksum === checksum) return { ...facts, checks: earlier.checks, reused: true };

  const checks = await runChecks(options);
  const failed = checks.filter((check) => !check.passed);
  if (failed.length > 0) throw gateFailed(generation, failed);
  failpoint("gate.before-record");
  await writeGateReport(store, {
    schemaVersion: 1,
    index,
    generation,
    manifestChecksum: checksum,
    passed: true,
    checks,
    at: new Date().toISOString(),
  });
  return { ...facts, checks, reused: false };
}

/** Damaged files are not opened: an engine may crash on them. */
async function runChecks({ store, index, generation, signal }: GateOptions): Promise<GateCheck[]> {
  const { manifest } = await readManifest(store, index, generation);
  const files = await checkFiles({ store, manifest, signal });
  if (!files.passed) return [files];
  const opened = await openUngated({ store, index, generation, signal });
  try {
    return [
      files,
      ...(await checkParts(opened)),
      ...(await checkBooks({ store, opened, signal })),
      await checkRecall({ store, opened, signal }),
      await checkSearch(opened),
    ];
  } finally {
    await opened.close();
  }
}

function gateFailed(generation: string, failed: GateCheck[]): DomainError {
  const findings = failed.map(
    ({ name, measured, threshold, detail }) => `${name}: ${measured} instead of ${threshold} (${detail})`,
  );
  return new DomainError({
    kind: "conflict",
    type: "gate-failed",
    field: "generation",
    message: `The generation ${generation} does not pass the gate. ${findings.join("; ")}.`,
    remedy:
      "What served before goes on serving. Build the index again, or raise its expansionSearch if recall failed.",
  });
}
