import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { collectOrphans } from "../dataset/collect-orphans.ts";
import { findDatasets } from "../dataset/find-datasets.ts";
import { collectGenerations } from "../generation/collect-generations.ts";
import { listIndexes } from "../generation/definition-log.ts";
import { foldSpend } from "../guard/fold-spend.ts";
import { intentOfSecret } from "../ingest/intent-secret.ts";
import type { Intents } from "../jobs/intents.ts";
import { collectPipelines, heldGenerations } from "../migration/collect-pipelines.ts";
import { collectStaging } from "../storage/collect-staging.ts";
import { hasCode } from "../storage/error-code.ts";
import { tryFileLock } from "../storage/file-lock.ts";
import { createFolderDurable } from "../storage/local-bucket.ts";
import type { LocalStore } from "../storage/local-store.ts";

export interface TidyOptions {
  store: LocalStore;
  intents: Intents;
  uploadsFolder: string;
  secretsFolder: string;
  locks: string;
}

export interface TidyReport {
  /** True where another process was at it. */
  skipped: boolean;
  staging: number;
  orphans: number;
  generations: number;
  pipelines: number;
  uploads: number;
  /** Days of paid calls that became one line. */
  spendDays: number;
}

/** No write goes on for so long without touching its files. */
const leftoverMs = 24 * 3_600_000;
/** Removes what nothing points at any more: leftovers of killed processes, old generations, pipelines of models that are left, uploads that are done. Folds what is only added up. */
export async function tidyLake(options: TidyOptions): Promise<TidyReport> {
  const none = { staging: 0, orphans: 0, generations: 0, pipelines: 0, uploads: 0, spendDays: 0 };
  const report: TidyReport = { skipped: false, ...none };
  await createFolderDurable(options.locks);
  using lock = tryFileLock(path.join(options.locks, "tidy.lock"));
  if (lock === undefined) return { ...report, skipped: true };
  const { store } = options;
  report.staging = (await collectStaging(store, { olderThanMs: leftoverMs })).removed;
  for (const dataset of await findDatasets(store)) {
    for await (const { key } of collectOrphans({ store, dataset, olderThanMs: leftoverMs })) {
      await store.delete(key);
      report.orphans += 1;
    }
  }
  await options.intents.refresh();
  for (const index of await listIndexes(store)) {
    report.pipelines += await collectPipelines({ store, index, locks: options.locks });
    // A trial reads the generation it began with, whatever is promoted meanwhile.
    if (hasOpenTrial(options.intents, index)) continue;
    const alsoKeep = await heldGenerations(store, index);
    report.generations += (await collectGenerations({ store, index, alsoKeep })).length;
  }
  report.uploads = await collectUploads(options);
  await collectIntentSecrets(options);
  report.spendDays = await foldSpend({ folder: path.join(store.root, "spend") });
  return report;
}

function hasOpenTrial(intents: Intents, index: string): boolean {
  return intents
    .open()
    .some(({ accepted }) =>
      accepted.jobs.some(({ queue, payload }) => queue === "trial" && payload.index === index),
    );
}

/**
 * An upload is needed until its request has completed; for a while longer where it failed, since it can be retried. One
 * that no request ever named was cut off before its intent.
 */
async function collectUploads({ uploadsFolder, intents }: TidyOptions): Promise<number> {
  let removed = 0;
  for (const intent of await readdir(uploadsFolder)) {
    removed += Number(await removeIfDone(path.join(uploadsFolder, intent), intent, intents));
  }
  return removed;
}

/** The DSN that a request brought with it lives as long as an upload would. */
async function collectIntentSecrets({ secretsFolder, intents }: TidyOptions): Promise<void> {
  for (const name of await readdir(secretsFolder).catch(nothingThere)) {
    const intent = intentOfSecret(name);
    if (intent !== undefined) await removeIfDone(path.join(secretsFolder, name), intent, intents);
  }
}

async function removeIfDone(entry: string, intent: string, intents: Intents): Promise<boolean> {
  const known = intents.read(intent);
  if (known !== undefined && known.ended === undefined) return false;
  const isDone = known?.ended?.state === "completed";
  if (!isDone && Date.now() - (await stat(entry)).mtimeMs < leftoverMs) return false;
  await rm(entry, { recursive: true, force: true });
  return true;
}

function nothingThere(error: unknown): string[] {
  if (hasCode(error, "ENOENT")) return [];
  throw error;
}
