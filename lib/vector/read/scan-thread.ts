import { parentPort, workerData } from "node:worker_threads";
import * as usearch from "usearch";
import { createTopHits } from "../format/top-hits.ts";
import { scanGroup } from "./scan-all.ts";
import { scanAllowed } from "./scan-allowed.ts";
import type { ScanOrder, ScanReply, ScanRequest, ScanThreadData } from "./scan-protocol.ts";
import { openVectorFile } from "./vector-file.ts";

// One pass over the file serves this many full scans: the engine's buffers stay under 3 MiB at 8 MiB of vectors.
const scansPerPassMax = 64;

const { path, dimension, vectorCount }: ScanThreadData = workerData;
const port = parentPort!;
const file = openVectorFile(path, dimension, vectorCount);
const waiting: ScanOrder[] = [];

port.on("message", (request: ScanRequest) => {
  if (request.kind === "cancel") {
    const place = waiting.findIndex(({ id }) => id === request.id);
    if (place >= 0) waiting.splice(place, 1);
    return;
  }
  // Orders that came together are served together, after this turn's messages have been read.
  if (waiting.length === 0) setImmediate(work);
  waiting.push(request);
});

function work(): void {
  const orders = waiting.splice(0, scansPerPassMax);
  try {
    const full = orders.filter(({ bits }) => bits === undefined);
    if (full.length > 0) answerFullScans(full);
    for (const order of orders) if (order.bits !== undefined) answerFiltered(order, order.bits);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    for (const { id } of orders) reply({ id, problem });
  }
  if (waiting.length > 0) setImmediate(work);
}

function answerFiltered({ id, query, k }: ScanOrder, bits: Uint32Array): void {
  const hits = createTopHits(k);
  scanAllowed(file, query, bits, hits);
  reply({ id, ...hits.drain() });
}

function answerFullScans(orders: readonly ScanOrder[]): void {
  const scans = orders.map(({ query, k }) => ({ query, k, hits: createTopHits(k) }));
  const buffer = new Float32Array(Math.min(file.vectorsPerGroup, vectorCount) * dimension);
  for (let first = 0; first < vectorCount; first += file.vectorsPerGroup) {
    const count = Math.min(file.vectorsPerGroup, vectorCount - first);
    scanGroup(file, { first, count, buffer }, scans, usearch);
  }
  orders.forEach(({ id }, index) => {
    reply({ id, ...scans[index]!.hits.drain() });
  });
}

function reply(answer: ScanReply): void {
  port.postMessage(answer);
}
