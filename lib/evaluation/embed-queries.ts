import { DomainError } from "../errors/domain-error.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import type { QueryEmbedder } from "../search/embed-query.ts";
import type { EvalQuery, EvalSet } from "./eval-set.ts";

/** Each query's own vector, or its text's; undefined where the embedder finds nothing in the text. */
export async function embedQueries(options: {
  set: EvalSet;
  opened: Pick<OpenGeneration, "manifest">;
  embed: QueryEmbedder["embed"];
  signal?: AbortSignal | undefined;
}): Promise<(Float32Array | undefined)[]> {
  const { set, opened, embed, signal } = options;
  const { index, dimension, embedderId } = opened.manifest;
  const vectors: (Float32Array | undefined)[] = [];
  for (const query of set.queries) {
    signal?.throwIfAborted();
    const { vector, text } = query;
    if (vector !== undefined && vector.length !== dimension) throw otherDimension(set.name, query, opened);
    if (vector !== undefined) vectors.push(vector);
    else vectors.push(text === undefined ? undefined : await embed(text, { embedderId, dimension }));
  }
  if (vectors.every((vector) => vector === undefined)) throw nothingToCompare(set.name, index);
  return vectors;
}

function otherDimension(
  name: string,
  { id, vector }: EvalQuery,
  { manifest }: Pick<OpenGeneration, "manifest">,
): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "eval-dimension",
    field: "eval_set",
    message: `The query ${JSON.stringify(id)} of the eval set ${name} has ${vector?.length} values; the index ${manifest.index} holds vectors of ${manifest.dimension}.`,
    remedy: "Measure with a set that was made for this embedder, or give the queries as text.",
  });
}

function nothingToCompare(name: string, index: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "eval-vectorless",
    field: "eval_set",
    message: `No query of the eval set ${name} has a vector in the index ${index}.`,
    remedy: "Use queries of words that the embedder knows.",
  });
}
