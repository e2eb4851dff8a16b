import { DomainError } from "../errors/domain-error.ts";
import { checkBooks, checkFiles, checkParts } from "../gate/check-parts.ts";
import { findCertificate } from "../gate/find-certificate.ts";
import { recomputeCertificate } from "../gate/recompute-certificate.ts";
import { type GateCheck, readCertificate } from "../generation/certificate.ts";
import { gateKey, generationPrefix } from "../generation/generation-keys.ts";
import { type OpenGeneration, openUngated } from "../generation/read/open-generation.ts";
import { readManifest } from "../generation/read-manifest.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** Something that is not as it must be. */
export interface Finding {
  /** The object, or the folder of objects, that it is about. */
  key: string;
  type: string;
  detail: string;
}

export interface VerifyOptions {
  store: ObjectStore;
  index: string;
  /** Also recompute every checksum, open every part and close the books again. */
  deep: boolean;
  signal?: AbortSignal | undefined;
}

/** All that is wrong with one generation; nothing where it is as it was published. */
export async function* verifyGeneration(
  options: VerifyOptions & { generation: string },
): AsyncGenerator<Finding> {
  const { generation, ...rest } = options;
  const key = generationPrefix(options.index, generation);
  try {
    yield* options.deep ? verifyDeep(rest, generation) : verifyShallow(rest, generation);
  } catch (error) {
    yield findingFrom(key, error);
  }
}

/** An error of a reader as a finding; what is no domain error, or an abort, is thrown on. */
export function findingFrom(key: string, error: unknown): Finding {
  if (!(error instanceof DomainError) || error.kind === "cancelled") throw error;
  return { key: error.place?.file ?? key, type: error.type, detail: error.message };
}

async function* verifyShallow({ store, index }: VerifyOptions, generation: string): AsyncGenerator<Finding> {
  const { manifest } = await readManifest(store, index, generation);
  for (const file of manifest.files) {
    const key = `${generationPrefix(index, generation)}/${file.path}`;
    const size = await store.size(key);
    if (size === file.byteCount) continue;
    const detail = size === undefined ? "is missing" : `has ${size} bytes instead of ${file.byteCount}`;
    yield { key, type: "generation-damaged", detail };
  }
  yield* verifyGate(store, index, generation);
}

async function* verifyDeep(options: VerifyOptions, generation: string): AsyncGenerator<Finding> {
  const { store, index, signal } = options;
  const key = generationPrefix(index, generation);
  const { manifest, checksum } = await readManifest(store, index, generation);
  const files = await checkFiles({ store, manifest, afresh: true, signal });
  yield* failures(key, [files]);
  yield* verifyGate(store, index, generation);
  if (!files.passed) return;
  const opened = await openUngated({ store, index, generation, signal });
  try {
    yield* failures(key, await checkParts(opened));
    yield* failures(key, await checkBooks({ store, opened, signal }));
    yield* verifyProof({ store, opened, checksum, signal });
  } finally {
    await opened.close();
  }
}

/** Recomputes what the certificate says. One that is damaged has been told of, and there need not be any. */
async function* verifyProof(options: {
  store: ObjectStore;
  opened: OpenGeneration;
  checksum: string;
  signal: AbortSignal | undefined;
}): AsyncGenerator<Finding> {
  const { store, opened, checksum, signal } = options;
  const { index, generation } = opened.manifest;
  const key = gateKey(index, generation);
  const certificate = await findCertificate(store, index, generation);
  if (certificate === undefined) return;
  if (certificate.manifestChecksum !== checksum) {
    const detail = "was issued for another build of this generation; gate it again";
    yield { key, type: "certificate-stale", detail };
    return;
  }
  for (const doubt of await recomputeCertificate({ store, certificate, opened, signal })) {
    yield { key, ...doubt };
  }
}

/** A certificate of another build is legitimate until that build is gated again, and proves nothing meanwhile. */
async function* verifyGate(store: ObjectStore, index: string, generation: string): AsyncGenerator<Finding> {
  try {
    await readCertificate(store, index, generation);
  } catch (error) {
    yield findingFrom(gateKey(index, generation), error);
  }
}

function failures(key: string, checks: GateCheck[]): Finding[] {
  return checks
    .filter((check) => !check.passed)
    .map(({ name, measured, threshold, detail }) => ({
      key,
      type: `generation-${name}`,
      detail: `${measured} instead of ${threshold}: ${detail}`,
    }));
}
