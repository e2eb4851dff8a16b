import type { GateCheck } from "../generation/certificate.ts";
import { probeOrdinals } from "../generation/format/probe-vectors.ts";
import type { MetadataColumn } from "../generation/format/row-store-layout.ts";
import { recallDepth } from "../generation/measure-recall.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { compileFilter } from "../search/compile-filter.ts";
import { rankChunks } from "../search/rank-chunks.ts";
import type { GateQuery } from "./find-targets.ts";
import { equals } from "./gate-check.ts";

/** Each column is selected once, which reads every row of it. */
const columnsMax = 3;
const queriesMax = 8;
/** Longer values are texts of their own, by which nobody filters. */
const valueLengthMax = 200;

/**
 * Filters by values of real metadata columns: every hit has the value, by vector and by words, and a vector search gives
 * fewer than k hits only where fewer match. No check where there is no column with a value.
 */
export async function checkFilters(
  opened: OpenGeneration,
  queries: readonly GateQuery[],
  signal: AbortSignal | undefined,
): Promise<GateCheck[]> {
  const samples = opened.rows.fetch(probeOrdinals(opened.manifest.vectorCount));
  let searchCount = 0;
  const problems: string[] = [];
  for (const { name, type } of opened.rows.columns.filter(isPlain).slice(0, columnsMax)) {
    const value = commonValue(
      samples.map(({ metadata }) => metadata[name]),
      valueType[type],
    );
    if (value === undefined) continue;
    for (const [place, query] of queries.slice(0, queriesMax).entries()) {
      signal?.throwIfAborted();
      const text = samples[place % samples.length]?.text.slice(0, 200);
      problems.push(...(await findStrays({ opened, query, text, column: name, value, signal })));
      searchCount += 2;
    }
  }
  if (searchCount === 0) return [];
  const detail = problems[0] ?? `every hit of ${searchCount} filtered searches satisfies its filter`;
  return [equals("filter-compliance", problems.length, 0, detail)];
}

type FilterValue = string | number | boolean;

async function findStrays(options: {
  opened: OpenGeneration;
  query: GateQuery;
  text: string | undefined;
  column: string;
  value: FilterValue;
  signal: AbortSignal | undefined;
}): Promise<string[]> {
  const { opened, query, text, column, value, signal } = options;
  const filter = await opened.select(compileFilter({ [column]: value }, opened.rows.columns));
  const k = recallDepth;
  const order = { generation: opened, filter, k, signal };
  const near = await rankChunks({ ...order, mode: "vector", query: undefined, vector: query.vector });
  const words = await rankChunks({ ...order, mode: "lexical", query: text, vector: undefined });
  const asked = `${column} = ${JSON.stringify(value)}`;
  const problems = opened.rows
    .fetch([...near.ordinals, ...words.ordinals])
    .filter(({ metadata }) => metadata[column] !== value)
    .map(
      ({ id, metadata }) =>
        `a search for ${asked} found chunk ${id} with ${JSON.stringify(metadata[column])}`,
    );
  const wanted = Math.min(k, filter.matchCount);
  if (near.ordinals.length < wanted) {
    problems.push(`a search for ${asked} found ${near.ordinals.length} of ${wanted} chunks`);
  }
  return problems;
}

/** How the values of a column stand in a hit; other types have more than one way to write a value. */
const valueType: Partial<Record<MetadataColumn["type"], "boolean" | "number" | "string">> = {
  boolean: "boolean",
  bigint: "number",
  varchar: "string",
  uuid: "string",
  date: "string",
};

function isPlain({ type }: MetadataColumn): boolean {
  return valueType[type] !== undefined;
}

/** The value that most samples have: a filter by it lets many rows pass and, mostly, not all. */
function commonValue(values: unknown[], wanted: string | undefined): FilterValue | undefined {
  const counts = new Map<FilterValue, number>();
  for (const value of values as FilterValue[]) {
    // An integer that a number would round comes as text, and is passed over.
    if (typeof value !== wanted || String(value).length > valueLengthMax) continue;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort((left, right) => right[1] - left[1])[0]?.[0];
}
