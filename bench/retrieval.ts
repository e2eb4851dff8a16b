import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import type { EvalQuery } from "@lakefleet/lib/evaluation/eval-set.ts";
import { rankDocuments, relevantDocuments } from "@lakefleet/lib/evaluation/judged-ranking.ts";
import { averagePrecision, mean, precisionAt } from "@lakefleet/lib/evaluation/metrics.ts";
import { trecQueries } from "@lakefleet/lib/evaluation/trec-queries.ts";
import { openBenchPipeline } from "./support/bench-pipeline.ts";

/**
 * Indexes a folder of documents as Lakefleet does, then ranks TREC topics in each search mode.
 *
 *     node bench/retrieval.ts --documents DIR --topics FILE --judgements FILE
 */
const { values } = parseArgs({
  options: {
    documents: { type: "string" },
    topics: { type: "string" },
    judgements: { type: "string" },
    // Judgements are per document, so a document should be one chunk where the embedder takes it whole.
    "chunk-size": { type: "string", default: "8192" },
  },
});
if (!values.documents || !values.topics || !values.judgements) {
  console.error(
    "usage: node bench/retrieval.ts --documents DIR --topics FILE --judgements FILE [--chunk-size N]",
  );
  process.exit(2);
}

/** As deep as the published figures go. */
const depth = 1_000;

const queries = trecQueries({
  topics: await readFile(values.topics, "utf8"),
  judgements: await readFile(values.judgements, "utf8"),
}).filter((query) => relevantDocuments(query).size > 0);
const lake = await openBenchPipeline();
try {
  const { books, seconds } = await lake.indexSource({
    source: { kind: "folder", path: path.resolve(values.documents), name: "collection" },
    dataset: "collection",
    mode: "upsert",
    key: "path",
    idColumn: "path",
    textColumns: ["content"],
    index: { name: "collection", chunkSize: Number(values["chunk-size"]) },
  });
  console.log(`books: ${JSON.stringify(books)}\nseconds: ${JSON.stringify(seconds)}`);
  console.log(`topics with judgements: ${queries.length}\n\n| mode | MAP | P@30 |\n|---|---|---|`);
  for (const mode of ["lexical", "vector", "hybrid"] as const) {
    const scores = queries.map(async (query) => {
      const ranking = await rank(query, mode);
      const relevant = relevantDocuments(query);
      return { map: averagePrecision(ranking, relevant), precision: precisionAt(ranking, relevant, 30) };
    });
    const all = await Promise.all(scores);
    console.log(
      `| ${mode} | ${meanOf(all.map((one) => one.map))} | ${meanOf(all.map((one) => one.precision))} |`,
    );
  }
} finally {
  await lake.close();
}

async function rank(query: EvalQuery, mode: "lexical" | "vector" | "hybrid"): Promise<string[]> {
  const { text = "" } = query;
  const answer = await lake.search.search({ index: "collection", query: text, k: depth, mode });
  return rankDocuments(
    answer.hits.map((hit) => hit.doc_id),
    query,
  );
}

function meanOf(values: readonly number[]): string {
  return mean(values).toFixed(4);
}
