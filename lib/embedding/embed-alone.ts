import { chunkText } from "../chunking/chunk-text.ts";
import { assertServing, callModel, type ModelRun } from "./model-run.ts";
import { inputFault } from "./providers/provider-errors.ts";
import { tokensAtMost } from "./providers/token-bounds.ts";

/** Every level halves the parts: the longest chunk of 32,768 characters is down to 128. */
const depthMax = 8;

interface Part {
  vector: Float32Array;
  weight: number;
}

/**
 * One text's vector, or why it has none. Where its count reaches what the model reads, where it may be longer and is
 * not counted, and where a long text is refused, it is the mean of the vectors of its parts, weighted by their length.
 */
export async function embedAlone(run: ModelRun, text: string): Promise<Float32Array | string> {
  const parts = await embedParts(run, text, 0);
  if (typeof parts === "string") return parts;
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first.vector;
  run.outcome.resplit += 1;
  return meanOf(parts, run.provider.dimension);
}

/** The text itself, or the parts that are short enough; the reason where one of them gets no vector. */
async function embedParts(run: ModelRun, text: string, depth: number): Promise<Part[] | string> {
  const { tokens: limit, counted } = run.tokensRead;
  const isLong = tokensAtMost(run.serving.documentPrefix + text) > limit;
  if (isLong && !counted) return embedHalves(run, text, depth);
  try {
    const { vectors, read = limit } = await callModel(run, [text]);
    return isLong && read >= limit
      ? await embedHalves(run, text, depth)
      : [{ vector: vectors, weight: text.length }];
  } catch (error) {
    const fault = inputFault(error);
    if (fault === undefined) throw error;
    if (isLong || fault === "truncated") return embedHalves(run, text, depth);
    await assertServing(run, error);
    return fault;
  }
}

async function embedHalves(run: ModelRun, text: string, depth: number): Promise<Part[] | string> {
  const size = Math.ceil(text.length / 2);
  if (depth === depthMax || size < 2) return "truncated";
  const parts: Part[] = [];
  for (const { text: part } of chunkText(text, { size, overlap: 0 })) {
    const found = await embedParts(run, part, depth + 1);
    if (typeof found === "string") return found;
    parts.push(...found);
  }
  return parts;
}

function meanOf(parts: readonly Part[], dimension: number): Float32Array | string {
  const mean = new Float32Array(dimension);
  for (const { vector, weight } of parts) {
    for (let place = 0; place < dimension; place += 1) mean[place]! += vector[place]! * weight;
  }
  const length = Math.hypot(...mean);
  // Parts that point to opposite sides cancel each other out.
  return length > 0 ? mean.map((value) => value / length) : "zero";
}
