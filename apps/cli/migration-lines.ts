interface Interval {
  expected: number;
  low: number;
  high: number;
}

interface Prediction {
  chunks: number;
  to_embed: number;
  sample: { chunks: number; embedded: number; cost_usd: number; seconds: number };
  tokens: Interval | null;
  cost_usd: Interval | null;
  seconds: Interval | null;
  quality: {
    source: string;
    queries: number;
    documents: number;
    mean_reciprocal_rank: { before: number; after: number; difference: Interval };
  } | null;
}

export interface ModelMigration {
  id: string;
  index: string;
  state: string;
  from: string;
  to: string;
  prediction: Prediction | null;
  shadow: { generation: string } | null;
  cutover: { at: string; previous: string; rollback_until: string } | null;
}

export interface Comparison {
  a: { generation: string; embedder: string };
  b: { generation: string; embedder: string };
  k: number;
  comparisons: {
    overlap: number;
    moved: { doc_id: string; rank_a: number; rank_b: number }[];
    only_in_a: { doc_id: string; rank: number }[];
    only_in_b: { doc_id: string; rank: number }[];
  }[];
}

/** One migration for people: how far it is, what was predicted, and what can be done next. */
export function migrationLines(migration: ModelMigration): string[] {
  const { id, state, from, to, prediction, shadow, cutover } = migration;
  return [
    `${id}  ${state}  ${from} -> ${to}`,
    ...(prediction === null ? [] : predictionLines(prediction)),
    ...(shadow === null ? [] : [`  shadow ${shadow.generation}`]),
    ...(cutover === null
      ? []
      : [`  cut over at ${cutover.at} from ${cutover.previous}; rollback until ${cutover.rollback_until}`]),
  ];
}

function predictionLines(prediction: Prediction): string[] {
  const { chunks, to_embed, sample, tokens, cost_usd, seconds, quality } = prediction;
  return [
    `  sampled ${sample.chunks} of ${chunks} chunks, ${sample.embedded} embedded, in ${sample.seconds.toFixed(1)} s for $${sample.cost_usd.toFixed(6)}`,
    `  left to embed: ${to_embed} texts, tokens ${range(tokens, 0)}, $${range(cost_usd, 4)}, seconds ${range(seconds, 0)}`,
    quality === null
      ? "  quality: the two models could not be compared"
      : `  quality (mean reciprocal rank of ${quality.queries} ${quality.source} queries among ${quality.documents} documents): ${qualityText(quality.mean_reciprocal_rank)}`,
  ];
}

function qualityText({ before, after, difference }: { before: number; after: number; difference: Interval }) {
  return `${before.toFixed(4)} -> ${after.toFixed(4)}, difference ${range(difference, 4)}`;
}

function range(interval: Interval | null, digits: number): string {
  if (interval === null) return "unknown";
  const { expected, low, high } = interval;
  return `${expected.toFixed(digits)} (95 %: ${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

/** What two models answer otherwise, for people. */
export function comparisonLines({ a, b, k, comparisons }: Comparison): string[] {
  return [
    `a ${a.generation} by ${a.embedder}`,
    `b ${b.generation} by ${b.embedder}`,
    ...comparisons.flatMap(({ overlap, moved, only_in_a, only_in_b }) => [
      `overlap among the first ${k}: ${(100 * overlap).toFixed(0)} %`,
      ...moved.map(({ doc_id, rank_a, rank_b }) => `  ${doc_id}  ${rank_a} -> ${rank_b}`),
      ...only_in_a.map(({ doc_id, rank }) => `  ${doc_id}  ${rank} -> none`),
      ...only_in_b.map(({ doc_id, rank }) => `  ${doc_id}  none -> ${rank}`),
    ]),
  ];
}
