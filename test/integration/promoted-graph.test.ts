import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { readManifest } from "@lakefleet/lib/generation/read-manifest.ts";
import { createQueryEmbedder } from "@lakefleet/lib/search/embed-query.ts";
import { checksumFile } from "@lakefleet/lib/storage/checksum.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { runTrial } from "@lakefleet/lib/trial/build/run-trial.ts";
import { listTrialGraphs } from "@lakefleet/lib/trial/list-trial-graphs.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { handleIndex } from "../../workers/index/handle-index.ts";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";

const telemetry = silentTelemetry();
const embedder = createQueryEmbedder();
const intent = "01jabcdefghjkmnp";
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

/** Measures a configuration, and finds the graph that the trial built of it. */
async function measured(parameters: Record<string, string | number>) {
  const trial = `trial.${parameters["connectivity"]}`;
  const record = await runTrial({
    store: lake.store,
    locks: lake.locks,
    telemetry,
    bounds: { countMax: 64, bytesMax: 1e12 },
    embed: embedder.embed,
    task: { trial, index: "i", parameters, sampleShare: 1, seed: 0, k: 10, why: "test" },
    signal: new AbortController().signal,
    progress: () => undefined,
  });
  expect(record).toMatchObject({ graphReused: false });
  const key = (await listTrialGraphs(lake.store)).at(-1)?.key ?? "";
  const promotion = {
    trial: intent,
    definition: 1,
    parameters: record.parameters,
    actor: "test",
    why: "test",
  };
  return { promotion, buildMs: record.buildMs, key: `${key}/graph.usearch` };
}

/** Takes the promotion through build and gate. */
async function built({ promotion }: Pick<Awaited<ReturnType<typeof measured>>, "promotion">) {
  const lines: string[] = [];
  let childResults: readonly unknown[] = [];
  for (const step of ["build", "gate"] as const) {
    const context = {
      signal: new AbortController().signal,
      progress: () => undefined,
      log: (line: string) => lines.push(line),
      childResults,
      jobId: `${intent}.${step}`,
    };
    const { store, locks } = lake;
    childResults = [
      await handleIndex({ step, intent, index: "i", promotion }, context, { store, locks, telemetry }),
    ];
  }
  const [{ generation }] = childResults as [{ generation: string }];
  const { manifest } = await readManifest(lake.store, "i", generation);
  const graph = manifest.files.find((file) => file.path.endsWith("graph.usearch"));
  const file = path.join(lake.store.root, `indexes/i/generations/${generation}/${graph?.path}`);
  return { manifest, graph, file, log: lines.join("\n") };
}

const onDisk = (key: string) => path.join(lake.store.root, key);

describe("the generation of a promoted trial", () => {
  test("has the trial's own graph, is gated with it, and says whose it is", async () => {
    const trial = await measured({ backend: "hnsw", connectivity: 12 });
    const { manifest, graph, file, log } = await built(trial);
    const [own, cached] = await Promise.all([stat(file), stat(onDisk(trial.key))]);
    expect(own.ino).toBe(cached.ino);
    expect(graph?.checksum).toBe(await checksumFile(onDisk(trial.key)));
    expect(manifest.takenGraph).toEqual({ key: trial.key, buildMs: trial.buildMs });
    expect(manifest.segments).toMatchObject([{ chunkCount: 300, flat: false }]);
    expect(log).toContain(`around the graph ${trial.key}`);
    expect(log).toContain("passed");
  });

  test("gets a graph of its own where a byte of the trial's has changed", async () => {
    const trial = await measured({ backend: "hnsw", connectivity: 14 });
    const bytes = await readFile(onDisk(trial.key));
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(onDisk(trial.key), bytes);
    const { manifest, file, log } = await built(trial);
    expect(manifest.takenGraph).toBeUndefined();
    expect((await stat(file)).nlink).toBe(1);
    expect(log).toContain("built whole, in");
  });

  test("gets a graph of its own where as many other chunks have come in meanwhile", async () => {
    const trial = await measured({ backend: "hnsw", connectivity: 18 });
    await lake.write(madeUpRows(300, "b"), "replace");
    await lake.embed();
    const { manifest, log } = await built(trial);
    expect(manifest).toMatchObject({ vectorCount: 300, segments: [{ chunkCount: 300, flat: false }] });
    expect(manifest.takenGraph).toBeUndefined();
    expect(log).toContain("built whole, in");
  });
});
