import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { readCertificate } from "./certificate.ts";
import { readGateFailure } from "./gate-failure.ts";
import type { StoredManifest } from "./read-manifest.ts";
import { isBalanced } from "./reconcile-rows.ts";
import type { VerifiedFiles } from "./verified-files.ts";
import { verifyFiles } from "./verify-files.ts";

/**
 * Refuses a generation that has not proved itself. With `force` it need not have, and `forced` says whether that was
 * needed; damaged files are refused then, for nothing could be answered from them. Those of a certified generation are
 * not read again, which would cost more than a promotion may take: the gate read them, and serve verifies what it opens.
 */
export async function assertPromotable(
  candidate: StoredManifest,
  options: {
    store: ObjectStore;
    force?: boolean | undefined;
    verified?: VerifiedFiles | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<{ forced: boolean }> {
  const { manifest } = candidate;
  const refusal = (await findGateRefusal(options.store, candidate)) ?? findImbalance(candidate);
  if (refusal === undefined) return { forced: false };
  if (options.force !== true) throw refusal;
  await verifyFiles({ ...options, manifest });
  return { forced: true };
}

/** The last verdict counts: a certificate that a later gate did not confirm promotes nothing. */
async function findGateRefusal(
  store: ObjectStore,
  { manifest, checksum }: StoredManifest,
): Promise<DomainError | undefined> {
  const { index, generation } = manifest;
  const failure = await readGateFailure(store, index, generation);
  if (failure?.manifestChecksum === checksum) {
    const failed = failure.checks.filter((check) => !check.passed).map(({ name }) => name);
    return conflict(
      "gate-failed",
      `The generation ${generation} of ${index} did not pass the gate: ${failed.join(", ")}.`,
      "Its gate report says what was measured. Build the index again, or change its policy and gate it again.",
    );
  }
  const certificate = await readCertificate(store, index, generation);
  if (certificate?.manifestChecksum === checksum) return undefined;
  return conflict(
    "gate-missing",
    `The generation ${generation} of ${index} has no certificate: it has not passed the gate.`,
    "Gate it first, which indexing its dataset again does.",
  );
}

function findImbalance({ manifest: { accounting, generation } }: StoredManifest): DomainError | undefined {
  if (accounting.balanced && isBalanced(accounting)) return undefined;
  return conflict(
    "books-unbalanced",
    `The books of ${generation} do not balance: ${JSON.stringify(accounting)}.`,
    "Build the index again; if it happens again, this is a defect.",
  );
}

function conflict(type: string, message: string, remedy: string): DomainError {
  return new DomainError({ kind: "conflict", type, field: "generation", message, remedy });
}
