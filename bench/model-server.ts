// What the pipeline adds to the time of a model server, in one run:
//   node bench/model-server.ts [rows] [milliseconds a call takes the server] [openai|ollama]
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { embedPending } from "../lib/embedding/embed-pending.ts";
import { confirmModel } from "../lib/embedding/model-identity.ts";
import { syncPipeline } from "../lib/embedding/sync-pipeline.ts";
import { createPipelineWorld, type TestRow, writeVersion } from "../test/integration/pipeline-world.ts";
import { forkFakeModelServer } from "../test/support/fork-fake-model-server.ts";
import { fakeEmbedderId, fakeModels, openFakeEmbedder } from "../test/support/model-settings.ts";

const rowCount = Number(process.argv[2] ?? 100_000);
const latencyMs = Number(process.argv[3] ?? 200);
const kind = process.argv[4] === "ollama" ? "ollama" : "openai";
const dimension = 768;
const textsPerCall = 64;
const concurrency = 4;

const rows: TestRow[] = Array.from({ length: rowCount }, (_, row) => ({
  title: `text ${row}`,
  // No two alike, for each text is asked for once.
  body: `${row} ${Array.from({ length: 45 }, (_, place) => `word${(row * 31 + place * place * 7) % 5_000}`).join(" ")}`,
  kind: "k",
}));
const server = await forkFakeModelServer({ models: [{ dimension }], latencyMs });
const limits = { textsPerCall, concurrency, tokensPerCall: 100_000, timeoutMs: 60_000 };
const provider = openFakeEmbedder(fakeModels(server.url, { kind, limits, embedder: { dimension } }));

const folder = path.join(import.meta.dirname, "..", "data", "bench");
await mkdir(folder, { recursive: true });
await using world = await createPipelineWorld(folder);
const version = await writeVersion(world.store, undefined, { rows });
const pipeline = await world.open("bench");
const definition = {
  textColumns: ["body"],
  metadataColumns: ["kind"],
  chunking: { size: 1_000, overlap: 0 },
  embedderId: fakeEmbedderId,
};

const bare = await measure("the server alone", askBarely);
await measure("sync", () => syncPipeline({ pipeline, store: world.store, definition, version }));
const confirm = await confirmModel({ store: world.store, provider });
const ours = await measure("embed", () => embedPending({ pipeline, provider, confirm }));
console.log(`embed over the server alone: ${((ours / bare - 1) * 100).toFixed(1)} % more`);
console.log(`peak memory of this process: ${(process.resourceUsage().maxRSS / 1024) | 0} MiB`);
await provider.close();
await server.kill();

/** The same texts in the same calls, as many at a time; the answers are received and thrown away. */
async function askBarely(): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let first = next; first < rowCount; first = next) {
      next += textsPerCall;
      const input = rows.slice(first, first + textsPerCall).map(({ body }) => body);
      const model = "nomic-embed-text";
      const url = kind === "openai" ? `${server.url}/v1/embeddings` : `${server.url}/api/embed`;
      const body = JSON.stringify({ model, input, encoding_format: "base64" });
      const answer = await fetch(url, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

async function measure(name: string, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const seconds = (performance.now() - began) / 1_000;
  const used = process.cpuUsage(cpu);
  const cpuSeconds = (used.user + used.system) / 1e6;
  console.log(
    `${name.padEnd(18)} ${seconds.toFixed(2).padStart(7)} s ${cpuSeconds.toFixed(2).padStart(7)} s of CPU ` +
      `${((rowCount / seconds) | 0).toLocaleString("en").padStart(9)} /s`,
  );
  return seconds;
}
