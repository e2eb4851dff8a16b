import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { openBenchPipeline } from "./support/bench-pipeline.ts";
import { averagePrecision, parseJudgements, parseTopics, precisionAt } from "./support/trec.ts";

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

const topics = parseTopics(await readFile(values.topics, "utf8"));
const judgements = parseJudgements(await readFile(values.judgements, "utf8"));
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
  console.log(`topics with judgements: ${judgements.size}\n\n| mode | MAP | P@30 |\n|---|---|---|`);
  for (const mode of ["lexical", "vector", "hybrid"] as const) {
    const scores = [...judgements].map(async ([topic, relevant]) => {
      const ranking = await rank(topics.get(topic) ?? "", mode);
      return { map: averagePrecision(ranking, relevant), precision: precisionAt(ranking, relevant, 30) };
    });
    const all = await Promise.all(scores);
    console.log(
      `| ${mode} | ${mean(all.map((one) => one.map))} | ${mean(all.map((one) => one.precision))} |`,
    );
  }
} finally {
  await lake.close();
}

/** Document names without folder and extension, best first, each once at its best chunk. */
async function rank(query: string, mode: "lexical" | "vector" | "hybrid"): Promise<string[]> {
  const answer = await lake.search.search({ index: "collection", query, k: depth, mode });
  return [...new Set(answer.hits.map((hit) => hit.doc_id.replace(/^.*\//, "").replace(/\.[^.]*$/, "")))];
}

function mean(values: readonly number[]): string {
  return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(4);
}
