import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import type { EvalSet } from "@lakefleet/lib/evaluation/eval-set.ts";
import { type FusionMeasure, measureFusion } from "@lakefleet/lib/evaluation/measure-fusion.ts";
import { trecQueries } from "@lakefleet/lib/evaluation/trec-queries.ts";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { openGeneration } from "@lakefleet/lib/generation/read/open-generation.ts";
import { createQueryEmbedder } from "@lakefleet/lib/search/embed-query.ts";
import { openBenchPipeline } from "./support/bench-pipeline.ts";
import { printHeading, printTable } from "./support/print-report.ts";

/**
 * The weight of words in hybrid search as measured on TREC topics, with what it gains where it was not chosen.
 *
 *     node bench/fusion.ts --documents DIR --topics FILE --judgements FILE
 */
const { values } = parseArgs({
  options: {
    documents: { type: "string" },
    topics: { type: "string" },
    judgements: { type: "string" },
    // As long as the rankings of `bench/retrieval.ts` on the one hand, a page on the other.
    depths: { type: "string", default: "10,1000" },
  },
});
if (!values.documents || !values.topics || !values.judgements) {
  console.error(
    "usage: node bench/fusion.ts --documents DIR --topics FILE --judgements FILE [--depths 10,1000]",
  );
  process.exit(2);
}

printHeading("Fusion weight");
const set = await readSet(values.topics, values.judgements);
const lake = await openBenchPipeline();
try {
  await lake.indexSource({
    source: { kind: "folder", path: path.resolve(values.documents), name: "collection" },
    dataset: "collection",
    mode: "upsert",
    key: "path",
    idColumn: "path",
    textColumns: ["content"],
    index: { name: "collection", chunkSize: 8_192 },
  });
  const { store } = lake;
  const active = await activeLog(store, "collection").head();
  if (active === undefined) throw new Error("nothing was promoted");
  const opened = await openGeneration({ store, index: "collection", generation: active.document.generation });
  const embedder = createQueryEmbedder();
  try {
    for (const k of values.depths.split(",").map(Number)) {
      report(k, await measureFusion({ opened, set, embed: embedder.embed, k }));
    }
  } finally {
    await embedder.close();
    await opened.close();
  }
} finally {
  await lake.close();
}

async function readSet(topics: string, judgements: string): Promise<EvalSet> {
  const queries = trecQueries({
    topics: await readFile(topics, "utf8"),
    judgements: await readFile(judgements, "utf8"),
  });
  return { schemaVersion: 1, name: "collection", source: { kind: "trec" }, queries };
}

function report(k: number, measured: FusionMeasure): void {
  const { queryCount, lexicalWeight, kept, why, crossValidated, defaultScore, curve } = measured;
  console.log(`Pages of ${k}, ${queryCount} queries: ${lexicalWeight} (${kept}). ${why}\n`);
  printTable(
    ["weight of words", "MAP"],
    [
      ...curve.map((point) => [point.lexicalWeight, point.score.toFixed(4)]),
      ["default", defaultScore.toFixed(4)],
      ["chosen on four fifths, judged on the fifth", crossValidated.toFixed(4)],
    ],
  );
}
