import type { EmbeddingProvider } from "../../embedding/embedding-provider.ts";
import { confirmWhenAsked } from "../../embedding/model-identity.ts";
import type { OpenProvider } from "../../embedding/open-provider.ts";
import { openPipeline, type Pipeline } from "../../embedding/pipeline-tables.ts";
import type { QuoteTerms } from "../../embedding/quote-embedding.ts";
import type { EvalSet } from "../../evaluation/eval-set.ts";
import { readEvalSet } from "../../evaluation/eval-set-log.ts";
import { rankDocuments, relevantDocuments } from "../../evaluation/judged-ranking.ts";
import { readDefinition } from "../../generation/definition-log.ts";
import { readPolicy } from "../../generation/index-policy.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { Migration, Prediction } from "../migration-record.ts";
import { assertState, changeMigration, readMigration } from "../read-migrations.ts";
import { chooseSample } from "./choose-sample.ts";
import { embedGroup, type GroupSpent, readSampled, type SampledChunk } from "./embed-sample.ts";
import { embedSampleQueries } from "./embed-sample-queries.ts";
import { predictCost } from "./predict-cost.ts";
import { predictQuality } from "./predict-quality.ts";
import { readCandidates } from "./read-candidates.ts";
import { heldOutPassages, judgedQueries, type SampleQuery } from "./sample-queries.ts";

/** What a place on the graphics card is held for, where the model needs one. */
export type HoldModel = <T>(
  embedderId: string,
  task: (held: { signal: AbortSignal; assertHeld(): Promise<void> }) => Promise<T>,
) => Promise<T>;

export interface SampleOptions {
  store: ObjectStore;
  index: string;
  id: string;
  locks: string;
  providers: OpenProvider;
  hold: HoldModel;
  /** The limits and the price of the new model's provider; none for the built-in embedder. */
  terms: QuoteTerms | undefined;
  signal: AbortSignal;
  progress?: ((progress: { done: number; total: number; unit: "chunks" }) => void) | undefined;
}

/**
 * Embeds a sample of an index's chunks by the new model, and writes down what the whole will take and give: tokens,
 * money, time and the quality of its rankings, each with an interval. Only the sample is paid for, once: a second run
 * finds what was embedded in the cache, and a migration that is sampled already as it is.
 */
export async function sampleMigration(options: SampleOptions): Promise<Prediction> {
  const { store, index, id, locks } = options;
  const migration = await readMigration(store, index, id);
  if (migration.prediction !== undefined) return migration.prediction;
  assertState(migration, "sampling");
  const { pipeline: name } = await readDefinition(store, index);
  const pipeline = await openPipeline({ store, index, name, locks });
  const provider = options.providers(migration.to.embedderId);
  try {
    const prediction = await predict({ ...options, migration, pipeline, provider });
    await changeMigration(store, { index, id }, (now) =>
      now.state === "sampling" ? { ...now, state: "sampled", prediction } : undefined,
    );
    return prediction;
  } finally {
    pipeline.close();
    await provider.close();
  }
}

interface Sampling extends SampleOptions {
  migration: Migration;
  pipeline: Pipeline;
  provider: EmbeddingProvider;
}

async function predict(sampling: Sampling): Promise<Prediction> {
  const { migration, pipeline, hold, provider, terms } = sampling;
  const { seed } = migration.sample;
  const evalSet = await findEvalSet(sampling);
  const documents = await pipeline.openDocumentsAt(await pipeline.documents.version());
  try {
    const candidates = await readCandidates(documents, judgedBy(evalSet));
    const groupSize = terms && terms.textsPerCall * (terms.concurrency ?? 1);
    const { groups, strata } = chooseSample(candidates, { ...migration.sample, groupSize });
    const chunks: SampledChunk[][] = [];
    for (const group of groups)
      chunks.push(
        await readSampled(
          documents,
          group.map((position) => candidates.addresses[position]!),
        ),
      );
    const queries = queriesOf(evalSet, chunks.flat(), seed);
    const asked = { ...sampling, texts: queries.map(({ text }) => text) };
    const before = await embedSampleQueries({ ...asked, embedderId: migration.from.embedderId });
    const embedded = await hold(provider.embedderId, (held) => embedGroups({ ...sampling, ...held }, chunks));
    const after = await embedSampleQueries({ ...asked, embedderId: provider.embedderId });
    const cost = await predictCost({ pipeline, provider, candidates, spent: embedded.spent, terms });
    return {
      chunks: candidates.addresses.length,
      ...cost,
      sample: { ...totalOf(embedded.spent), chunks: chunks.flat().length, strata },
      quality: await predictQuality({
        source: evalSet === undefined ? "held-out" : "eval-set",
        queries,
        chunks: chunks.flat(),
        after: { vectors: embedded.vectors, queries: after },
        before,
        seed,
        signal: sampling.signal,
      }),
    };
  } finally {
    documents.close();
  }
}

/** The one that was asked for, else the one that the index is judged by; undefined where it judges nothing by text. */
async function findEvalSet({ store, index, migration }: Sampling): Promise<EvalSet | undefined> {
  const name = migration.sample.evalSet ?? (await readPolicy(store, index)).evalSet;
  if (name === undefined) return undefined;
  const { set } = await readEvalSet(store, name);
  return judgedQueries(set, migration.sample.seed).length > 0 ? set : undefined;
}

function judgedBy(evalSet: EvalSet | undefined): (docId: string) => boolean {
  const relevant = new Set(evalSet?.queries.flatMap((query) => [...relevantDocuments(query)]));
  const judgements = Object.fromEntries([...relevant].map((docId) => [docId, 1]));
  return (docId) =>
    relevant.size > 0 && rankDocuments([docId], { judgements }).some((name) => relevant.has(name));
}

/** Queries that nothing in the sample answers say nothing of either model. */
function queriesOf(
  evalSet: EvalSet | undefined,
  chunks: readonly SampledChunk[],
  seed: number,
): SampleQuery[] {
  if (evalSet === undefined) return heldOutPassages(chunks, seed);
  const docIds = [...new Set(chunks.map(({ docId }) => docId))];
  return judgedQueries(evalSet, seed).filter(({ isRelevant }) => docIds.some(isRelevant));
}

async function embedGroups(
  sampling: Sampling & { assertHeld(): Promise<void> },
  groups: readonly SampledChunk[][],
): Promise<{ vectors: (Float32Array | undefined)[]; spent: GroupSpent[] }> {
  const { store, provider, signal, progress, assertHeld } = sampling;
  const confirmModel = confirmWhenAsked({ store, provider, signal });
  const confirm = async () => {
    await confirmModel();
    await assertHeld();
  };
  // Before the clock runs: a model's first call may load it.
  await confirm();
  const vectors: (Float32Array | undefined)[] = [];
  const spent: GroupSpent[] = [];
  const total = groups.flat().length;
  for (const group of groups) {
    signal.throwIfAborted();
    const embedded = await embedGroup(group, { ...sampling, confirm });
    vectors.push(...embedded.vectors);
    spent.push(embedded.spent);
    progress?.({ done: vectors.length, total, unit: "chunks" });
  }
  return { vectors, spent };
}

function totalOf(spent: readonly GroupSpent[]): GroupSpent {
  const sum = (of: (group: GroupSpent) => number) => spent.reduce((total, group) => total + of(group), 0);
  return {
    embedded: sum(({ embedded }) => embedded),
    failed: sum(({ failed }) => failed),
    tokens: sum(({ tokens }) => tokens),
    costUsd: sum(({ costUsd }) => costUsd),
    seconds: sum(({ seconds }) => seconds),
  };
}
