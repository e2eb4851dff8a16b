import { setImmediate as nextTurn } from "node:timers/promises";
import { type OpenProvider, openInline } from "../embedding/open-provider.ts";
import { DomainError } from "../errors/domain-error.ts";
import { createRandom } from "../generation/format/seeded-random.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import type { StoredChunk } from "../generation/read/open-row-store.ts";
import { type EvalQuery, queryTextMax } from "./eval-set.ts";
import { sampleOrdinals, sampleStretches } from "./sample-strata.ts";

/** Chunks whose stratum is looked at: a value of one in a thousand is still met, in a tenth of a second. */
const candidatesMax = 20_000;
/** Chunks read between two turns of the event loop: about 10 ms. */
const sliceSize = 1_000;

interface HeldOutOptions {
  opened: OpenGeneration;
  count: number;
  seed: number;
  /** A metadata column; its values get queries by how many chunks they have, each at least one as far as they go. */
  strata?: string | undefined;
  providers?: OpenProvider | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Queries that are chunks of the generation itself, spread over it by a seed. Each excludes its own document, which
 * would otherwise be the first hit of every search. An embedder that can be asked gets the text; vectors that came
 * from elsewhere are copied. Throws `eval-index-empty` and `eval-strata`.
 */
export async function heldOutQueries(options: HeldOutOptions): Promise<EvalQuery[]> {
  const { opened, count, seed, providers, signal } = options;
  if (opened.rows.chunkCount === 0) throw emptyIndex(opened.manifest.index);
  const ordinals = sampleOrdinals({ groups: await groupOrdinals(options), count, seed });
  const chunks = opened.rows.fetch(ordinals);
  const vectors = (await canEmbed(opened.manifest.embedderId, providers))
    ? undefined
    : await readVectors(opened, ordinals, signal);
  return chunks.map(({ id, doc_id: exclude, text }, place) => {
    const vector = vectors?.[place];
    const hasText = text.trim() !== "" && text.length <= queryTextMax;
    return { id, ...(hasText ? { text } : {}), ...(vector === undefined ? {} : { vector }), exclude };
  });
}

/** The candidates by stratum, in the order in which the strata are first met; one group where none are asked for. */
async function groupOrdinals({ opened, seed, strata, signal }: HeldOutOptions): Promise<number[][]> {
  const { rows, manifest } = opened;
  if (strata === undefined) return [Array.from({ length: rows.chunkCount }, (_, ordinal) => ordinal)];
  const columns = manifest.metadataColumns.map(({ name }) => name);
  if (!columns.includes(strata)) throw unknownStrata(manifest.index, strata, columns);
  const candidates = sampleStretches(rows.chunkCount, candidatesMax, createRandom(seed));
  const groups = new Map<string, number[]>();
  for (let first = 0; first < candidates.length; first += sliceSize) {
    if (first > 0) await nextTurn();
    signal?.throwIfAborted();
    const slice = candidates.slice(first, first + sliceSize);
    for (const [place, chunk] of rows.fetch(slice).entries()) {
      const value = stratumOf(chunk, strata);
      const group = groups.get(value) ?? [];
      groups.set(value, group);
      group.push(slice[place]!);
    }
  }
  return [...groups.values()];
}

function stratumOf({ metadata }: StoredChunk, strata: string): string {
  return JSON.stringify(metadata[strata] ?? null);
}

export async function canEmbed(embedderId: string, providers: OpenProvider = openInline): Promise<boolean> {
  try {
    await providers(embedderId).close();
    return true;
  } catch (error) {
    if (error instanceof DomainError && error.type === "embedder-unknown") return false;
    throw error;
  }
}

/** The vectors at ascending ordinals, in one pass that ends behind the last. */
async function readVectors(
  { vectorBlocks, manifest }: OpenGeneration,
  ordinals: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const { dimension } = manifest;
  const found: Float32Array[] = [];
  for await (const { firstOrdinal, vectors } of vectorBlocks({ signal })) {
    const end = firstOrdinal + vectors.length / dimension;
    for (let next = ordinals[found.length]; next !== undefined && next < end; next = ordinals[found.length]) {
      const start = (next - firstOrdinal) * dimension;
      found.push(vectors.slice(start, start + dimension));
    }
    if (found.length === ordinals.length) break;
  }
  return found;
}

function emptyIndex(index: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "eval-index-empty",
    field: "index",
    message: `The index ${index} holds no chunk to make a query of.`,
    remedy: "Ingest something into it first.",
  });
}

function unknownStrata(index: string, strata: string, columns: readonly string[]): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "eval-strata",
    field: "strata",
    message: `The index ${index} has no metadata column ${JSON.stringify(strata.slice(0, 100))}.`,
    remedy: columns.length === 0 ? "It has none at all." : `It has ${columns.slice(0, 20).join(", ")}.`,
  });
}
