// What the pipeline's tables cost beside the embedding itself, in one run:
//   node bench/embedding.ts [rows] [threads]
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { embedPending } from "../lib/embedding/embed-pending.ts";
import { createHashProvider } from "../lib/embedding/hash-provider.ts";
import { readPipeline } from "../lib/embedding/read-pipeline.ts";
import { syncPipeline } from "../lib/embedding/sync-pipeline.ts";
import { createPipelineWorld, type TestRow, writeVersion } from "../test/integration/pipeline-world.ts";

const rowCount = Number(process.argv[2] ?? 100_000);
const threads = Number(process.argv[3] ?? availableParallelism());
/** The size of batch that the pipeline hands to a provider. */
const batchSize = 8_192;
const textLength = 300;

const rows = makeTexts(rowCount);
const definition = {
  textColumns: ["body"],
  metadataColumns: ["kind"],
  chunking: { size: 800, overlap: 100 },
  embedderId: "hash-768@1",
};
const provider = createHashProvider({ threads });
// On the disk of the repository: a temporary folder may be in memory, where a sync costs nothing.
const benchFolder = path.join(import.meta.dirname, "..", "data", "bench");
await mkdir(benchFolder, { recursive: true });
await using world = await createPipelineWorld(benchFolder);
const version = await writeVersion(world.store, undefined, { rows });
const pipeline = await world.open("bench");

await provider.embedBatch(rows.slice(0, batchSize).map((row) => row.body ?? ""));
const bare = await measure("bare embedding", async () => {
  for (let first = 0; first < rowCount; first += batchSize) {
    await provider.embedBatch(rows.slice(first, first + batchSize).map((row) => row.body ?? ""));
  }
});
const sync = await measure("sync", () => syncPipeline({ pipeline, store: world.store, definition, version }));
const embed = await measure("embed", () => embedPending({ pipeline, provider }));
const read = await measure("read back in order", async () => {
  const snapshot = await readPipeline({ pipeline });
  for await (const block of snapshot.blocks()) void block;
  snapshot.close();
});
const again = await world.open("again");
await syncPipeline({ pipeline: again, store: world.store, definition, version });
await measure("embed from the cache", () => embedPending({ pipeline: again, provider }));
await provider.close();

const through = sync + embed;
console.log(
  `sync + embed over bare embedding: ${(through / bare).toFixed(1)} times, ${(through - bare).toFixed(1)} s more`,
);
console.log(`the builder's read: ${((rowCount / read) | 0).toLocaleString("en")} chunks/s`);
console.log(`peak memory of this process: ${(process.resourceUsage().maxRSS / 1024) | 0} MiB`);

async function measure(name: string, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const seconds = (performance.now() - began) / 1_000;
  const used = process.cpuUsage(cpu);
  const cpuSeconds = (used.user + used.system) / 1e6;
  console.log(
    `${name.padEnd(22)} ${seconds.toFixed(2).padStart(7)} s ${cpuSeconds.toFixed(2).padStart(7)} s of CPU ` +
      `${((rowCount / seconds) | 0).toLocaleString("en").padStart(9)} /s`,
  );
  return seconds;
}

/** Texts of words that repeat about as often as those of a real language. */
function makeTexts(count: number): TestRow[] {
  const words = Array.from({ length: 5_000 }, (_, index) =>
    (index * 2_654_435_761).toString(36).slice(0, 3 + (index % 7)),
  );
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return words[Math.floor(words.length * (state / 0x80000000) ** 3)] ?? "";
  };
  return Array.from({ length: count }, (_, index) => {
    let body = `${index}`;
    while (body.length < textLength) body += ` ${next()}`;
    return { title: `text ${index}`, body: body.slice(0, textLength), kind: `kind ${index % 5}` };
  });
}
