import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { createRandom } from "../examples/create-random.ts";
import { faultKinds } from "../test/support/fake-model-server/fault-plan.ts";
import { startFakeModelServer } from "../test/support/fake-model-server.ts";
import { openFaultLake } from "../test/support/fault-lake.ts";
import { jobUrlOf, postJson, readJob, send, upload } from "../test/support/lake-client.ts";
import { fakeEmbedderId, fakeModels } from "../test/support/model-settings.ts";
import { describeLoad, printHeading, printTable } from "./support/print-report.ts";

/**
 * Chunks through a model server that fails in every way that it knows, by four workers that are killed at random:
 * `node bench/model-faults.ts [--rows 100000] [--rate 0.05] [--seed 1]`
 */
const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    rate: { type: "string", default: "0.05" },
    seed: { type: "string", default: "1" },
  },
});
const seed = Number(values.seed);
const datasets = ["north", "east", "south", "west"];
const rowsEach = Math.ceil(Number(values.rows) / datasets.length);
const random = createRandom(seed);
const Index = z.looseObject({
  accounting: z.looseObject({
    rows: z.int(),
    indexed: z.int(),
    pending: z.int(),
    failed: z.record(z.string(), z.int()),
    balanced: z.boolean(),
  }),
});

printHeading("A failing model server");
const server = await startFakeModelServer({
  latencyMs: 20,
  faults: { rate: Number(values.rate), kinds: faultKinds, seed },
});
const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-bench-models-"));
await writeFile(path.join(folder, "models.json"), JSON.stringify(fakeModels(server.url)));
const lake = await openFaultLake({ dataFolder: folder });
try {
  for (const role of ["api", "serve", "ingest", "embed", "index", "refresh"] as const) await lake.start(role);
  startSpares();
  const begin = performance.now();
  const jobs = await Promise.all(datasets.map(send25k));
  const kills = await killUntilEnded(jobs);
  const seconds = (performance.now() - begin) / 1_000;
  const asked = countAsked();
  const before = server.calls.length;
  for (const dataset of datasets)
    await ended(jobUrlOf(await postJson(lake.url("api"), `/vectors/refresh/${dataset}`, {})));
  await report({ kills, seconds, asked, callsOfRefresh: server.calls.length - before });
} finally {
  await lake.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
console.log(describeLoad("after"));

function startSpares(): void {
  for (let spare = 1; spare < datasets.length; spare += 1) lake.startSpare("embed");
}

async function send25k(dataset: string): Promise<string> {
  const rows = Array.from(
    { length: rowsEach },
    (_, row) => `r${row},row ${row} of the ${dataset} and of ${row * 31} ships`,
  );
  const fields = { dataset, text_columns: "body", id_column: "name", embedder: fakeEmbedderId };
  const content = `name,body\n${rows.join("\n")}\n`;
  return jobUrlOf(await upload(lake.url("api"), fields, { name: `${dataset}.csv`, content }));
}

/** Each of the four once: a job whose worker dies three times is put aside for a person to look at. */
async function killUntilEnded(jobs: readonly string[]): Promise<number> {
  let killed = 0;
  const all = Promise.all(jobs.map(ended)).then(() => "ended" as const);
  while ((await Promise.race([all, delay(2_000 + (random() % 8_000))])) !== "ended") {
    if (killed === 0) {
      await lake.kill("embed");
      await lake.start("embed");
      killed = 1;
    } else if (killed < datasets.length) {
      await lake.killSpares();
      startSpares();
      killed = datasets.length;
    }
  }
  return killed;
}

async function ended(job: string): Promise<void> {
  for (;;) {
    const { state, error } = await readJob(lake.url("api"), job);
    if (state === "completed") return;
    if (state !== "waiting" && state !== "active")
      throw new Error(`${job} is ${state}: ${JSON.stringify(error)}`);
    await delay(500);
  }
}

/** How often each text was answered well: what the workers may keep. */
function countAsked(): Map<string, number> {
  const asked = new Map<string, number>();
  for (const { fault, status, texts } of server.calls) {
    if (status !== 200 || fault !== undefined) continue;
    for (const text of texts) if (text.startsWith("row ")) asked.set(text, (asked.get(text) ?? 0) + 1);
  }
  return asked;
}

async function report(run: {
  kills: number;
  seconds: number;
  asked: ReadonlyMap<string, number>;
  callsOfRefresh: number;
}): Promise<void> {
  const rows = await Promise.all(
    datasets.map(async (index) => {
      const { accounting } = Index.parse(
        JSON.parse((await send(lake.url("serve"), `/vectors/indexes/${index}`)).text),
      );
      const { rows: all, indexed, pending, failed, balanced } = accounting;
      return [index, all, indexed, JSON.stringify(failed), pending, balanced ? "yes" : "NO"];
    }),
  );
  printTable(["index", "rows", "indexed", "failed", "pending", "balanced"], rows);
  const faults = server.calls.filter(({ fault }) => fault !== undefined).length;
  const again = [...run.asked.values()].reduce((sum, times) => sum + times - 1, 0);
  printTable(
    [
      "seconds",
      "calls",
      "of them at fault",
      "workers killed",
      "texts answered",
      "answered again",
      "calls of a refresh after it",
    ],
    [
      [
        run.seconds.toFixed(0),
        server.calls.length,
        faults,
        run.kills,
        run.asked.size,
        again,
        run.callsOfRefresh,
      ],
    ],
  );
}
