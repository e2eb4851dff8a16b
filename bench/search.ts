import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { quantile } from "@lakefleet/lib/evaluation/quantile.ts";
import { createSearchService } from "@lakefleet/lib/search/search-index.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { openVectorIndex } from "@lakefleet/lib/vector/read/open-vector-index.ts";
import { openBareEngine } from "./support/bare-engine.ts";
import { makeBenchFolder, startBenchFleet } from "./support/bench-fleet.ts";
import { makeClusteredVectors } from "./support/clustered-index.ts";
import { openConnection, renderRequest } from "./support/keep-alive-client.ts";
import { describeLoad, printHeading, printTable, verdict } from "./support/print-report.ts";
import { startPeerServer } from "./support/start-peer-server.ts";
import { type ExpectedHits, type SwapOutcome, searchDuringSwaps } from "./support/swap-load.ts";
import { openVectorLake, type VectorGeneration } from "./support/vector-lake.ts";

/**
 * Search over HTTP beside the bare engine call at the same parameters and a bare server around that call, then the same
 * server while generations are promoted and rolled back under load: `node bench/search.ts [--count 100000] [--queries 200] [--rounds 15]`
 */
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    dimension: { type: "string", default: "768" },
    queries: { type: "string", default: "200" },
    rounds: { type: "string", default: "15" },
    swaps: { type: "string", default: "200" },
  },
});
const [count, dimension, queryCount] = [
  Number(values.count),
  Number(values.dimension),
  Number(values.queries),
];
const k = 10;
const bareSearchServer = new URL("./support/bare-search-server.ts", import.meta.url);
const wayNames = ["bare", "library", "peer", "http"] as const;
type Way = (typeof wayNames)[number];

printHeading("Search over HTTP");
const dataFolder = await makeBenchFolder("search");
try {
  const { vectors, queries } = makeClusteredVectors({ count, dimension, queryCount });
  const lake = await openVectorLake(dataFolder);
  // The second one holds the vectors in reverse, so that an ordinal of one names another vector in the other.
  const first = await lake.publish({ tag: "a", vectors, dimension });
  const second = await lake.publish({ tag: "b", vectors: reversed(vectors), dimension });
  console.log(`${count} clustered vectors of ${dimension} values, ${queryCount} queries, k = ${k}.\n`);
  const requests = queries.map((vector) =>
    renderRequest("/vectors/search", { index: lake.index, vector: [...vector], k, mode: "vector" }),
  );
  const expected = await expectHits(lake, [first, second], queries);
  const fleet = await startBenchFleet({ dataFolder });
  try {
    await compareLatency({
      url: fleet.url,
      generation: second,
      vectors: reversed(vectors),
      queries,
      requests,
    });
    const generations = [first.manifest, second.manifest] as [typeof first.manifest, typeof second.manifest];
    const load = { url: fleet.url, index: lake.index, requests, expected, generations };
    reportSwaps(
      await searchDuringSwaps({
        ...load,
        connections: 4,
        swapCount: Number(values.swaps),
        answersBetween: 100,
      }),
    );
  } finally {
    await fleet.stop();
  }
  console.log(describeLoad("after"));
} finally {
  await rm(dataFolder, { recursive: true, force: true });
}

function reversed(vectors: Float32Array): Float32Array {
  const turned = new Float32Array(vectors.length);
  for (let row = 0; row < count; row++) {
    turned.set(vectors.subarray(row * dimension, (row + 1) * dimension), (count - 1 - row) * dimension);
  }
  return turned;
}

/** What each generation answers when it is asked alone, without the server. */
async function expectHits(
  { store, index }: Awaited<ReturnType<typeof openVectorLake>>,
  generations: VectorGeneration[],
  queries: Float32Array[],
): Promise<ExpectedHits> {
  const service = createSearchService({ store, telemetry: silentTelemetry() });
  const expected: ExpectedHits = new Map();
  for (const { manifest } of generations) {
    const hits: string[][] = [];
    for (const vector of queries) {
      const answer = await service.search({ index, vector: [...vector], k, generation: manifest.generation });
      hits.push(answer.hits.map((hit) => hit.doc_id));
    }
    expected.set(manifest.generation, hits);
  }
  await service.close();
  return expected;
}

interface Comparison {
  url: string;
  generation: VectorGeneration;
  vectors: Float32Array;
  queries: Float32Array[];
  requests: Buffer[];
}

async function compareLatency(comparison: Comparison): Promise<void> {
  const { generation, vectors, queries, requests } = comparison;
  const { folder, manifest } = generation;
  const { parameters } = manifest;
  const index = await openVectorIndex({ folder, parameters, dimension, vectorCount: count });
  const truth = await Promise.all(
    queries.map(async (query) => [...(await index.exact(query, { k })).ordinals]),
  );
  const bare = openBareEngine({ folder, vectors, dimension });
  const vectorsFile = path.join(dataFolder, "vectors.f32");
  await writeFile(vectorsFile, vectors);
  const peer = await startPeerServer(bareSearchServer, [folder, vectorsFile, String(dimension)]);
  const connections = { peer: await openConnection(peer.url), http: await openConnection(comparison.url) };
  const took: Record<keyof typeof connections, number[]> = { peer: [], http: [] };
  const ask = async (name: keyof typeof connections, query: number) => {
    const { status, body } = await connections[name].send(requests[query]!);
    if (status !== 200) throw new Error(`${status} ${body}`);
    return answerOf(body, took[name]);
  };
  const rounds = await timeInTurn(queries, truth, {
    bare: async (query) => bare(queries[query]!, k),
    library: async (query) => (await index.search(queries[query]!, { k })).ordinals,
    peer: (query) => ask("peer", query),
    http: (query) => ask("http", query),
  });
  for (const connection of Object.values(connections)) connection.close();
  await peer.stop();
  await index.close();
  reportLatency(rounds, took.http.slice(-Number(values.rounds) * queryCount));
}

/** Of each way, milliseconds of every query, and how many of the true neighbours were found in all. */
type Timed = Record<Way, { latencies: number[]; found: number }>;

/** Rounds in turn, so that a busy moment of the machine falls on all of them. */
async function timeInTurn(
  queries: readonly Float32Array[],
  truth: readonly number[][],
  ways: Record<Way, (query: number) => Promise<ArrayLike<number>>>,
): Promise<Timed> {
  const none = () => ({ latencies: [], found: 0 });
  const timed: Timed = { bare: none(), library: none(), peer: none(), http: none() };
  // The first two rounds map the pages and warm the compiler up on all sides.
  for (let round = -2; round < Number(values.rounds); round++) {
    for (const place of wayNames.keys()) {
      const name = wayNames[(place + round + wayNames.length) % wayNames.length]!;
      for (const query of queries.keys()) {
        const begin = performance.now();
        const ordinals = await ways[name](query);
        if (round < 0) continue;
        timed[name].latencies.push(performance.now() - begin);
        timed[name].found += truth[query]!.filter((one) => Array.from(ordinals).includes(one)).length;
      }
    }
  }
  return timed;
}

/** A row's name ends in its number, which is also its ordinal. */
function answerOf(body: string, took: number[]): number[] {
  const answer = JSON.parse(body) as { took_ms: number; hits: { doc_id: string }[] };
  took.push(answer.took_ms);
  return answer.hits.map((hit) => Number(hit.doc_id.slice(1)));
}

function reportLatency(timed: Timed, took: number[]): void {
  const p50 = (name: Way) => quantile(timed[name].latencies, 0.5);
  const recall = (name: Way) => timed[name].found / (timed[name].latencies.length * k);
  const line = (label: string, name: Way) => [
    label,
    recall(name).toFixed(4),
    p50(name).toFixed(3),
    quantile(timed[name].latencies, 0.95).toFixed(3),
  ];
  printTable(
    ["call", "recall@10", "p50 ms", "p95 ms"],
    [
      line("bare usearch and exact rerank, in process", "bare"),
      line("the library's index, in process", "library"),
      line("POST to a bare server around the first call, from another process", "peer"),
      line("POST /vectors/search, from another process", "http"),
      [
        "of which the server's own `took_ms`",
        "",
        quantile(took, 0.5).toFixed(3),
        quantile(took, 0.95).toFixed(3),
      ],
    ],
  );
  const beyond = (name: Way) => p50(name) - p50("bare");
  printTable(
    ["measure", "value", "limit"],
    [
      [
        "p50 over HTTP minus p50 bare",
        `${beyond("http").toFixed(3)} ms`,
        verdict(beyond("http"), { most: 0.5 }),
      ],
      ["the same of the bare server", `${beyond("peer").toFixed(3)} ms`, "for comparison"],
      ["recall over HTTP", recall("http").toFixed(4), verdict(recall("http"), { least: 0.98 })],
    ],
  );
}

function reportSwaps({ answers, failed, mixed, byGeneration, latencies, swaps, effects }: SwapOutcome): void {
  printTable(
    ["under 4 connections", "value", "limit"],
    [
      ["promotions and rollbacks", swaps.length, ""],
      ["answers", `${answers}, by generation ${Object.values(byGeneration).join(" and ")}`, ""],
      ["failed answers", failed, verdict(failed, { most: 0 })],
      ["mixed answers", mixed, verdict(mixed, { most: 0 })],
      [
        "search p50 / p99 / slowest in ms",
        [0.5, 0.99, 1].map((at) => quantile(latencies, at).toFixed(2)).join(" / "),
        "",
      ],
      [
        "swap to the first answer of the new generation, p50 / p99 / first in ms",
        [quantile(effects, 0.5), quantile(effects, 0.99), effects[0] ?? 0]
          .map((ms) => ms.toFixed(1))
          .join(" / "),
        verdict(quantile(effects, 0.99), { most: 50 }),
      ],
      ["swap p50 / slowest in ms", [0.5, 1].map((at) => quantile(swaps, at).toFixed(1)).join(" / "), ""],
    ],
  );
}
