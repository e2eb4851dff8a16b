import { accountIndex } from "../generation/account-index.ts";
import { type ActiveGeneration, activeLog } from "../generation/active-log.ts";
import { readCertificate } from "../generation/certificate.ts";
import { definitionLog, readDefinition } from "../generation/definition-log.ts";
import { publishedGenerations } from "../generation/list-generations.ts";
import { readManifest } from "../generation/read-manifest.ts";
import { migrationLog } from "../migration/migration-record.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type Finding, findingFrom, type VerifyOptions, verifyGeneration } from "./verify-generation.ts";

/**
 * All that is wrong with an index: its definition, activation and migration logs, its published generations, that the active one
 * exists is certified or was forced, and that its books balance. Its pipeline tables are verified by their own module.
 */
export async function* verifyIndex(options: VerifyOptions): AsyncGenerator<Finding> {
  const { store, index, signal } = options;
  yield* attempt(`indexes/${index}/definition/`, async () => {
    await readDefinition(store, index);
    await readAll(definitionLog(store, index).history({ limit: Number.POSITIVE_INFINITY }), signal);
  });
  yield* attempt(`indexes/${index}/active/`, async () => {
    const log = activeLog(store, index);
    await readAll(log.history({ limit: Number.POSITIVE_INFINITY }), signal);
    const active = (await log.head())?.document;
    return active === undefined ? undefined : ungated(store, index, active);
  });
  yield* attempt(`indexes/${index}/migrations/`, async () => {
    await readAll(migrationLog(store, index).history({ limit: Number.POSITIVE_INFINITY }), signal);
    return undefined;
  });
  for (const generation of await publishedGenerations(store, index)) {
    signal?.throwIfAborted();
    yield* verifyGeneration({ ...options, generation });
  }
  yield* attempt(`indexes/${index}/`, async () => {
    const { balanced, ...books } = await accountIndex({ store, index, signal });
    if (balanced) return undefined;
    return { key: `indexes/${index}/`, type: "books-unbalanced", detail: JSON.stringify(books) };
  });
}

async function* attempt(key: string, task: () => Promise<Finding | undefined>): AsyncGenerator<Finding> {
  try {
    const finding = await task();
    if (finding !== undefined) yield finding;
  } catch (error) {
    yield findingFrom(key, error);
  }
}

/** What was forced serves without a certificate by somebody's word, which the log keeps. */
async function ungated(
  store: ObjectStore,
  index: string,
  { generation, forced }: ActiveGeneration,
): Promise<Finding | undefined> {
  const { checksum } = await readManifest(store, index, generation);
  const certificate = await readCertificate(store, index, generation);
  if (forced === true || certificate?.manifestChecksum === checksum) return undefined;
  return {
    key: `indexes/${index}/active/`,
    type: "active-ungated",
    detail: `the active generation ${generation} has no certificate`,
  };
}

async function readAll(commits: AsyncIterable<unknown>, signal: AbortSignal | undefined): Promise<undefined> {
  for await (const _commit of commits) signal?.throwIfAborted();
}
