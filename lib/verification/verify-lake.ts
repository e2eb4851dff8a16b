import path from "node:path";
import { findDatasets } from "../dataset/find-datasets.ts";
import { verifyDataset } from "../dataset/verify-dataset.ts";
import { listPipelines } from "../embedding/pipeline-place.ts";
import { verifyIdentities } from "../embedding/stored-identity.ts";
import { verifyPipeline } from "../embedding/verify-pipeline.ts";
import { DomainError } from "../errors/domain-error.ts";
import { listEvalSets, readEvalSet } from "../evaluation/eval-set-log.ts";
import { verifyTruthFiles } from "../evaluation/truth-cache.ts";
import { listIndexes } from "../generation/definition-log.ts";
import { readSpendDay } from "../guard/spend-log.ts";
import { IntentRecord } from "../jobs/intent-record.ts";
import { readAppendLog } from "../storage/append-log.ts";
import { dayMs } from "../storage/daily-log.ts";
import type { LocalStore } from "../storage/local-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { readJournal } from "../trial/trial-journal.ts";
import { verifyIndex } from "./verify-index.ts";

/** Something that is not as it must be: what kind of damage, where, and what was found. */
export interface LakeFinding {
  type: string;
  key: string;
  detail: string;
}

export interface VerifyLakeOptions {
  store: LocalStore;
  intentsFolder: string;
  locks: string;
  telemetry: Telemetry;
  /** Also read every file for its checksum, open every index and close all books again. */
  deep: boolean;
  signal?: AbortSignal | undefined;
}

/** Everything that is wrong in a data folder; nothing where all is well. It writes nothing and needs no Redis. */
export async function* verifyLake(options: VerifyLakeOptions): AsyncGenerator<LakeFinding> {
  const { store, deep, signal } = options;
  yield* verifyIntents(options);
  for (const dataset of await findDatasets(store)) {
    for await (const { kind, key, detail } of verifyDataset(store, dataset, {
      deep,
      ...(signal ? { signal } : {}),
    })) {
      yield { type: kind, key, detail };
    }
  }
  for (const index of await listIndexes(store)) {
    yield* verifyIndex({ store, index, deep, signal });
    for (const place of await listPipelines(store, index))
      yield* verifyPipeline({ store, ...place, locks: options.locks, deep, signal });
    yield* verifyTrials(options, index);
  }
  yield* verifyEvalSets(options);
  yield* verifySpend(options);
  for await (const damage of verifyIdentities(store)) yield findingOf(damage, "embedders/");
}

async function* verifyTrials(
  { store, telemetry }: VerifyLakeOptions,
  index: string,
): AsyncGenerator<LakeFinding> {
  try {
    await readJournal({ store, index, telemetry });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    yield findingOf(error, `indexes/${index}/trials/`);
  }
}

async function* verifyEvalSets({ store, deep, signal }: VerifyLakeOptions): AsyncGenerator<LakeFinding> {
  for (const name of await listEvalSets(store)) {
    signal?.throwIfAborted();
    try {
      await readEvalSet(store, name);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      yield findingOf(error, `evals/${name}/sets/`);
    }
    if (!deep) continue;
    for await (const damage of verifyTruthFiles(store, name)) yield findingOf(damage, `evals/${name}/truth/`);
  }
}

/** A damaged day counts no money, so nothing could be spent in it. */
async function* verifySpend({ store, telemetry, signal }: VerifyLakeOptions): AsyncGenerator<LakeFinding> {
  const folder = path.join(store.root, "spend");
  for (const provider of await store.listFolders("spend/")) {
    for (const name of await store.listFolders(`spend/${provider}/`)) {
      signal?.throwIfAborted();
      try {
        await readSpendDay({ folder, provider, day: Date.parse(name) / dayMs, telemetry });
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        yield findingOf(error, `spend/${provider}/${name}/`);
      }
    }
  }
}

function findingOf(error: DomainError, key: string): LakeFinding {
  return { type: error.type, key: error.place?.file ?? key, detail: error.message };
}

async function* verifyIntents({ intentsFolder, telemetry }: VerifyLakeOptions): AsyncGenerator<LakeFinding> {
  try {
    for await (const record of readAppendLog({ folder: intentsFolder, schema: IntentRecord, telemetry }))
      void record;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    yield findingOf(error, "intents");
  }
}
