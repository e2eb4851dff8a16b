import { glob, readdir, stat, truncate, utimes } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { readManifest } from "@lakefleet/lib/generation/read-manifest.ts";
import { createQueryEmbedder } from "@lakefleet/lib/search/embed-query.ts";
import { createTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { runTrial, type TrialTask } from "@lakefleet/lib/trial/build/run-trial.ts";
import { listTrialGraphs } from "@lakefleet/lib/trial/list-trial-graphs.ts";
import { readJournal } from "@lakefleet/lib/trial/trial-journal.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";
import { waitFor } from "../support/wait-for.ts";

const telemetry = createTelemetry({ service: "test", level: "silent" });
const embedder = createQueryEmbedder();
const roomy = { countMax: 64, bytesMax: 1e12 };

let lake: IndexedLake;
beforeAll(async () => {
  lake = await openIndexedLake();
  await lake.write(madeUpRows(300));
  await lake.publish();
}, 120_000);
afterAll(async () => {
  await lake.remove();
  await embedder.close();
});

let trials = 0;
function task(change: Partial<TrialTask>): TrialTask {
  trials += 1;
  const trial = `trial${String(trials).padStart(6, "0")}`;
  const parameters = { backend: "hnsw", expansionSearch: 64 };
  return { trial, index: "i", parameters, sampleShare: 1, seed: 0, k: 10, why: "test", ...change };
}

function run(asked: TrialTask, options: { bounds?: typeof roomy; signal?: AbortSignal } = {}) {
  return runTrial({
    store: lake.store,
    locks: lake.locks,
    telemetry,
    bounds: options.bounds ?? roomy,
    embed: embedder.embed,
    task: asked,
    signal: options.signal ?? new AbortController().signal,
    progress: () => undefined,
  });
}

/** What the queue does with a job that another one keeps waiting. */
async function runWhenFree(asked: TrialTask) {
  return waitFor("the other trial to end", 60_000, () =>
    run(asked).catch((error: unknown) => {
      if (error instanceof DomainError && error.type === "lock-held") return undefined;
      throw error;
    }),
  );
}

const journal = () => readJournal({ store: lake.store, index: "i", telemetry });

describe("a trial", () => {
  const configurations: TrialTask["parameters"][] = [
    { backend: "hnsw", quantization: "f32", connectivity: 8 },
    { backend: "hnsw", engine: "hnswlib", expansionBuild: 40 },
    { backend: "lance", kind: "ivf_hnsw_sq" },
    { backend: "lance", kind: "flat" },
  ];
  test.each(configurations)("of %j measures what it built of the active generation", async (parameters) => {
    const record = await run(task({ parameters }));
    expect(record).toMatchObject({ kind: "trial", index: "i", graphReused: false, evalSet: null, k: 10 });
    expect(record.recall).toBeGreaterThan(0.9);
    expect(record.recallLow).toBeLessThanOrEqual(record.recall);
    expect(record.recallHigh).toBeGreaterThanOrEqual(record.recall);
    expect(record.p50Ms).toBeGreaterThan(0);
    expect(record.p50LowMs).toBeLessThanOrEqual(record.p50Ms);
    expect(record.p50HighMs).toBeGreaterThanOrEqual(record.p50Ms);
    expect(record.p95Ms).toBeGreaterThanOrEqual(record.p50Ms);
    expect(record.p99Ms).toBeGreaterThanOrEqual(record.p95Ms);
    for (const figure of [record.buildMs, record.diskBytes, record.cpuMs]) expect(figure).toBeGreaterThan(0);
    expect(record.memoryBytes > 0).toBe(parameters["kind"] !== "flat");
    expect(await journal()).toContainEqual(record);
  });

  test("of another search setting reuses the graph", async () => {
    const build = { backend: "hnsw", connectivity: 12 };
    const first = await run(task({ parameters: { ...build, expansionSearch: 16 } }));
    const second = await run(task({ parameters: { ...build, expansionSearch: 200 } }));
    expect([first.graphReused, second.graphReused]).toEqual([false, true]);
    expect(second.buildMs).toBe(first.buildMs);
    expect(second.corpus).toBe(first.corpus);
  });

  test("is timed in turn with what serves, once that was measured itself", async () => {
    const generation = (await activeLog(lake.store, "i").head())?.document.generation ?? "";
    const { parameters } = (await readManifest(lake.store, "i", generation)).manifest;
    const own = await run(task({ parameters }));
    expect(own.servingP50Ms).toBe(own.p50Ms);
    const record = await run(
      task({ parameters: { backend: "hnsw", connectivity: 12, expansionSearch: 60 } }),
    );
    expect(record.servingP50Ms).toBeGreaterThan(0);
    const sample = await run(task({ sampleShare: 0.25, seed: 7 }));
    expect(sample.servingP50Ms).toBeUndefined();
  });

  test("of what serves, or of another search of it, takes the graph that serves", async () => {
    const record = await run(task({ parameters: { backend: "hnsw", expansionSearch: 40 } }));
    expect(record.graphReused).toBe(true);
    expect(record.recall).toBeGreaterThan(0.9);
    const files = await Array.fromAsync(glob("**/graph.usearch", { cwd: lake.store.root }));
    const inodes = await Promise.all(
      files.map(async (file) => (await stat(path.join(lake.store.root, file))).ino),
    );
    const cached = files.findIndex((file) => file.startsWith("cache/trials/i/") && sharesInode(file));
    expect(cached).toBeGreaterThanOrEqual(0);

    function sharesInode(file: string): boolean {
      const own = inodes[files.indexOf(file)];
      return files.some(
        (other, place) => other.startsWith("indexes/i/generations/") && inodes[place] === own,
      );
    }
  });

  test("that is delivered again, or twice at once, is measured and written once", async () => {
    const asked = task({});
    const [left, right] = await Promise.all([runWhenFree(asked), runWhenFree(asked)]);
    expect(left).toEqual(right);
    expect(await run(asked)).toEqual(left);
    const found = (await journal()).filter(({ trial }) => trial === asked.trial);
    expect(found).toEqual([left]);
  });

  test("of a sample finds the truth within the sample", async () => {
    const record = await run(task({ sampleShare: 0.25, seed: 7 }));
    expect(record.sampleShare).toBe(0.25);
    expect(record.recall).toBeGreaterThan(0.9);
    const again = await run(task({ sampleShare: 0.25, seed: 7, parameters: { backend: "hnsw" } }));
    expect(again.graphReused).toBe(true);
  });

  test("that cannot be measured is written down as a failure, once", async () => {
    const asked = task({ parameters: { backend: "lance", kind: "ivf_pq", subVectors: 7 } });
    await expect(run(asked)).rejects.toMatchObject({ type: "index-parameters" });
    await expect(run(asked)).rejects.toMatchObject({ type: "index-parameters" });
    const found = (await journal()).filter(({ trial }) => trial === asked.trial);
    expect(found).toMatchObject([{ kind: "failure", errorType: "index-parameters" }]);
  });

  test("that is cancelled while it builds leaves neither record nor graph", async () => {
    const before = await listTrialGraphs(lake.store);
    const asked = task({ parameters: { backend: "hnsw", connectivity: 31 } });
    await expect(run(asked, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow();
    expect((await journal()).some(({ trial }) => trial === asked.trial)).toBe(false);
    expect(await listTrialGraphs(lake.store)).toEqual(before);
  });
});

describe("the cache of graphs", () => {
  test("builds a damaged graph again", async () => {
    const parameters = { backend: "hnsw", connectivity: 20 };
    await run(task({ parameters }));
    const key = (await listTrialGraphs(lake.store)).at(-1)?.key ?? "";
    await truncate(path.join(lake.store.root, key, "graph.usearch"), 1_000);
    expect((await run(task({ parameters }))).graphReused).toBe(false);
    expect((await run(task({ parameters }))).graphReused).toBe(true);
  });

  test("keeps the vectors of all its graphs on the disk once", async () => {
    const links = new Map<number, number>();
    for (const { key } of await listTrialGraphs(lake.store)) {
      const folder = path.join(lake.store.root, key);
      if (!(await readdir(folder)).includes("vectors.parquet")) continue;
      const { ino, nlink } = await stat(path.join(folder, "vectors.parquet"));
      links.set(ino, nlink);
    }
    // One file for the whole, one for the sample.
    expect(links.size).toBe(2);
    expect(Math.max(...links.values())).toBeGreaterThan(3);
  });

  test("stays within its bounds, and lets go of what was used least recently", async () => {
    const graphs = await listTrialGraphs(lake.store);
    const old = new Date(0);
    const oldest = graphs.at(-1)!;
    await utimes(path.join(lake.store.root, oldest.key, "trial-graph.json"), old, old);
    const bounds = { countMax: graphs.length, bytesMax: 1e12 };
    await run(task({ parameters: { backend: "hnsw", connectivity: 25 } }), { bounds });
    const left = await listTrialGraphs(lake.store);
    expect(left.length).toBe(graphs.length);
    expect(left.map(({ key }) => key)).not.toContain(oldest.key);
    await run(task({ parameters: { backend: "hnsw", connectivity: 26 } }), {
      bounds: { countMax: 64, bytesMax: 1 },
    });
    expect(await listTrialGraphs(lake.store)).toHaveLength(1);
  });
});
