import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import { embedPending } from "@lakefleet/lib/embedding/embed-pending.ts";
import { createInlineHashProvider } from "@lakefleet/lib/embedding/hash-provider.ts";
import { openPipeline } from "@lakefleet/lib/embedding/pipeline-tables.ts";
import { syncPipeline } from "@lakefleet/lib/embedding/sync-pipeline.ts";
import { commitEvalSet } from "@lakefleet/lib/evaluation/eval-set-log.ts";
import { gateGeneration } from "@lakefleet/lib/gate/gate-generation.ts";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { type GateCheck, readCertificate } from "@lakefleet/lib/generation/certificate.ts";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { readGateFailure } from "@lakefleet/lib/generation/gate-failure.ts";
import { gateKey, generationPrefix, manifestKey } from "@lakefleet/lib/generation/generation-keys.ts";
import { IndexPolicy, policyLog } from "@lakefleet/lib/generation/index-policy.ts";
import { promoteGeneration } from "@lakefleet/lib/generation/promote-generation.ts";
import { rollbackGeneration } from "@lakefleet/lib/generation/rollback-generation.ts";
import { canonicalJson } from "@lakefleet/lib/storage/canonical-json.ts";
import { checksumBytes } from "@lakefleet/lib/storage/checksum.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { verifyIndex } from "@lakefleet/lib/verification/verify-index.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";

let lake: IndexedLake;
/** The generation `a` over the rows of that name, gated; each test has a copy of it. */
let certified: IndexedLake;
let a: string;
/** Long enough for a build on a machine that is busy with everything else. */
const buildMs = 60_000;

beforeAll(async () => {
  certified = await openIndexedLake();
  lake = certified;
  a = await gated("a");
}, buildMs);
afterAll(() => certified.remove());
beforeEach(async () => {
  lake = await certified.copy();
});
afterEach(() => lake.remove());

const target = (generation: string) => ({ store: lake.store, index: "i", generation });
const promote = (generation: string, more: Partial<Parameters<typeof promoteGeneration>[0]> = {}) =>
  promoteGeneration({ ...target(generation), reason: "because", actor: "http", by: "person", ...more });
const active = async () => (await activeLog(lake.store, "i").head())?.document;
const setPolicy = (change: Partial<IndexPolicy>) =>
  policyLog(lake.store, "i").commit(() => IndexPolicy.parse({ schemaVersion: 1, ...change }));

async function build(tag: string, count = 60): Promise<string> {
  await lake.write(madeUpRows(count, tag));
  await lake.embed();
  return (await lake.build()).manifest.generation;
}

async function gated(tag: string): Promise<string> {
  const generation = await build(tag);
  await gateGeneration(target(generation));
  return generation;
}

/** The checks that failed, after the gate has refused the generation and left what serves as it was. */
async function refusedBy(generation: string): Promise<GateCheck[]> {
  const before = await active();
  await expect(gateGeneration(target(generation))).rejects.toMatchObject({
    kind: "conflict",
    type: "gate-failed",
  });
  await expect(promote(generation)).rejects.toMatchObject({
    kind: expect.stringMatching(/conflict|corrupt/),
  });
  expect(await active()).toEqual(before);
  const failure = await readGateFailure(lake.store, "i", generation);
  return failure?.checks.filter((check) => !check.passed) ?? [];
}

function rewrite(key: string, change: (document: Record<string, unknown>) => void): void {
  const file = path.join(lake.store.root, key);
  const document = JSON.parse(readFileSync(file, "utf8"));
  change(document);
  writeFileSync(file, JSON.stringify(document));
}

describe("the gate blocks", () => {
  let built: IndexedLake;
  let generation: string;
  beforeAll(async () => {
    built = await certified.copy();
    lake = built;
    await promote(a);
    generation = await build("b");
  }, buildMs);
  afterAll(() => built.remove());
  beforeEach(async () => {
    await lake.remove();
    lake = await built.copy();
  });

  test("one flipped byte, by its file", async () => {
    const folder = path.join(lake.store.root, generationPrefix("i", generation));
    const manifest = JSON.parse(readFileSync(path.join(folder, "manifest.json"), "utf8"));
    const file: string = manifest.files.find(({ path: name }: { path: string }) =>
      name.endsWith("lexical.bin"),
    ).path;
    const bytes = readFileSync(path.join(folder, file));
    bytes[bytes.length >>> 1] = (bytes[bytes.length >>> 1] ?? 0) ^ 1;
    writeFileSync(path.join(folder, file), bytes);
    expect(await refusedBy(generation)).toMatchObject([
      {
        name: "files",
        measured: 1,
        threshold: 0,
        detail: expect.stringMatching(/lexical.bin does not match its checksum/),
      },
    ]);
  });

  test("a manifest that cannot be read", async () => {
    writeFileSync(path.join(lake.store.root, manifestKey("i", generation)), "{");
    expect(await refusedBy(generation)).toMatchObject([{ name: "manifest" }]);
  });

  test("missing rows, by the books", async () => {
    rewrite(manifestKey("i", generation), (manifest) => {
      manifest.sourceRowCount = 119;
      manifest.accounting = { rows: 119, indexed: 119, pending: 0, failed: {}, excluded: {}, balanced: true };
    });
    const failed = await refusedBy(generation);
    expect(failed.map(({ name }) => name)).toEqual(["dataset-rows", "books"]);
    expect(failed[0]).toMatchObject({ measured: 119, threshold: 120 });
  });

  test("another model, by its name and by its vectors", async () => {
    rewrite(manifestKey("i", generation), (manifest) => {
      manifest.embedderId = "other-768@1";
      manifest.modelId = "other-768";
    });
    const failed = await refusedBy(generation);
    expect(failed).toMatchObject([
      {
        name: "model",
        measured: "other-768@1",
        threshold: "hash-768@1",
        detail: expect.stringMatching(/model/),
      },
    ]);
  });

  test("vectors that the model it names does not make", async () => {
    await lake.write(madeUpRows(60, "w"), "replace");
    await embedWrongly();
    const { manifest } = await lake.build();
    expect(await refusedBy(manifest.generation)).toMatchObject([
      { name: "model-vectors", measured: 0, threshold: 8 },
    ]);
  });

  test("what is slower than its limit, and passes once the limit is lifted", async () => {
    await setPolicy({ gates: { ...IndexPolicy.parse({ schemaVersion: 1 }).gates, p95MsMax: 1e-6 } });
    const failed = await refusedBy(generation);
    expect(failed).toMatchObject([{ name: "p95-ms", threshold: 1e-6, wanted: "at most" }]);
    expect(Number(failed[0]?.measured)).toBeGreaterThanOrEqual(0);
    await setPolicy({});
    expect(await gateGeneration(target(generation))).toMatchObject({ reused: false });
    expect(await promote(generation)).toMatchObject({ generation, forced: false });
  });

  test("a limit on judgements that nobody has made", async () => {
    await setPolicy({ gates: { ...IndexPolicy.parse({ schemaVersion: 1 }).gates, hitMin: 0.5 } });
    expect(await refusedBy(generation)).toMatchObject([{ name: "hit@10", measured: "not measured" }]);
  });
});

describe("recall", () => {
  test.each([
    [
      "the least effort",
      { backend: "hnsw", quantization: "f32", connectivity: 4, expansionBuild: 8, expansionSearch: 8 },
    ],
    [
      "few sub-vectors",
      { backend: "lance", kind: "ivf_pq", subVectors: 1, partitions: 2, probes: 1, refineFactor: 1 },
    ],
  ])("of a bad configuration (%s) is measured and blocks it", async (_, wanted) => {
    await lake.define({ parameters: IndexParameters.parse(wanted) });
    // About a thousand rows are compared whole, and two thousand by the second backend.
    const generation = await build("x", 2_100);
    // The build had turned the effort up until it found enough; by its curves a quick machine would compare all.
    rewrite(manifestKey("i", generation), (manifest) => {
      manifest.parameters = IndexParameters.parse(wanted);
      delete manifest.curves;
    });
    await setPolicy({ gates: { ...IndexPolicy.parse({ schemaVersion: 1 }).gates, recallMin: 0.999 } });
    const failed = await refusedBy(generation);
    expect(failed.map(({ name }) => name)).toContain("recall@10");
    expect(Number(failed.find(({ name }) => name === "recall@10")?.measured)).toBeLessThan(0.999);
  });
});

describe("a certificate", () => {
  test("holds the proof under its own hash, and verify believes it only as long as it is true", async () => {
    const certificate = await readCertificate(lake.store, "i", a);
    expect(certificate).toMatchObject({ coverage: 1, evalSet: null, fusion: { measured: false }, hit: null });
    expect(certificate?.recall.map(({ selectivity }) => selectivity)).toEqual([1, 0.5, 0.1, 0.01]);
    await promote(a);
    const findings = () => Array.fromAsync(verifyIndex({ store: lake.store, index: "i", deep: true }));
    expect(await findings()).toEqual([]);

    const key = gateKey("i", a);
    const intact = readFileSync(path.join(lake.store.root, key));
    rewrite(key, (changed) => {
      changed.coverage = 0.5;
    });
    expect(await findings()).toContainEqual(expect.objectContaining({ type: "certificate-damaged", key }));
    await expect(promote(a)).rejects.toMatchObject({ type: "certificate-damaged" });
    writeFileSync(path.join(lake.store.root, key), intact);
    rewrite(key, (changed) => {
      const content: Record<string, unknown> = { ...changed, coverage: 0.5 };
      delete content.id;
      Object.assign(changed, content, { id: checksumBytes(canonicalJson(content)) });
    });
    expect(await findings()).toContainEqual(expect.objectContaining({ type: "certificate-forged", key }));
    writeFileSync(path.join(lake.store.root, key), intact);
    expect(await findings()).toEqual([]);
  });

  test("is judged by the policy's eval set, and stale once that has changed", async () => {
    const evalSet = (only: string) =>
      commitEvalSet(lake.store, {
        schemaVersion: 1,
        name: "support",
        source: { kind: "json" },
        queries: [0, 1, 2].map((row) => ({
          id: `q${row}`,
          text: `${only}${row}`,
          judgements: { [`a${row}`]: 1, a9: 0 },
        })),
      });
    await evalSet("onlya");
    await setPolicy({
      evalSet: "support",
      gates: { ...IndexPolicy.parse({ schemaVersion: 1 }).gates, hitMin: 0.9 },
    });
    const { certificate } = await gateGeneration(target(a));
    expect(certificate).toMatchObject({
      evalSet: { name: "support", queryCount: 3 },
      hit: 1,
      meanReciprocalRank: 1,
    });
    expect((await gateGeneration(target(a))).reused).toBe(true);
    await evalSet("onlyb");
    expect(await Array.fromAsync(verifyIndex({ store: lake.store, index: "i", deep: true }))).toMatchObject([
      { type: "certificate-stale", detail: expect.stringContaining("support") },
    ]);
    expect((await refusedBy(a)).map(({ name }) => name)).toEqual(["hit@10"]);
  });
});

describe("forcing", () => {
  test("lets an uncertified generation serve, is kept with who and why, and follows it into a rollback", async () => {
    await promote(a);
    const second = await build("b");
    await expect(promote(second)).rejects.toMatchObject({ type: "gate-missing" });
    expect(await promote(second, { force: true, actor: "admin:ann", reason: "demo" })).toMatchObject({
      forced: true,
    });
    expect(await active()).toMatchObject({
      forced: true,
      actor: "admin:ann",
      reason: "demo",
      datasetVersion: 2,
    });
    const back = { store: lake.store, index: "i", reason: "r", actor: "http" };
    expect(await rollbackGeneration(back)).toMatchObject({ generation: a, forced: false });
    expect(await rollbackGeneration({ ...back, generation: second })).toMatchObject({ forced: true });
    await gateGeneration(target(second));
    expect(await promote(second)).toMatchObject({ forced: false, reused: false });
    expect(await active()).not.toHaveProperty("forced");
  });

  test("lets nothing damaged serve", async () => {
    await lake.store.delete(gateKey("i", a));
    const folder = path.join(lake.store.root, generationPrefix("i", a));
    const { files } = JSON.parse(readFileSync(path.join(folder, "manifest.json"), "utf8"));
    const file = path.join(folder, files[0].path);
    expect(existsSync(file)).toBe(true);
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from("x")]));
    await expect(promote(a, { force: true })).rejects.toMatchObject({ type: "generation-damaged" });
  });
});

describe("two people at once", () => {
  test("who promote different generations: one wins, the other is told", async () => {
    const [b, c] = [await gated("b"), await gated("c")];
    await promote(a);
    const store = committingTogether(lake.store, 2);
    const settled = await Promise.allSettled([promote(b, { store }), promote(c, { store })]);
    const lost = settled.filter((outcome) => outcome.status === "rejected");
    expect(lost.map(({ reason }) => reason)).toMatchObject([
      { kind: "conflict", type: "promotion-conflict" },
    ]);
    expect((await activeLog(lake.store, "i").head())?.number).toBe(2);
  });

  test("of whom one names what he saw is refused once that has changed", async () => {
    const b = await gated("b");
    await promote(a, { expected: { activation: 0, generation: null } });
    await expect(promote(b, { expected: { activation: 0 } })).rejects.toMatchObject({
      type: "promotion-conflict",
    });
    await expect(promote(b, { expected: { generation: b } })).rejects.toMatchObject({ kind: "conflict" });
    expect((await activeLog(lake.store, "i").head())?.number).toBe(1);
    expect(await promote(b, { expected: { activation: 1, generation: a } })).toMatchObject({ activation: 2 });
  });
});

/** The store, whose first commits wait for each other: each committer has seen the same state by then. */
function committingTogether(store: ObjectStore, count: number): ObjectStore {
  const { promise, resolve } = Promise.withResolvers<void>();
  let arrived = 0;
  return {
    ...store,
    async putIfAbsent(key, content) {
      arrived += 1;
      if (arrived === count) resolve();
      await promise;
      return store.putIfAbsent(key, content);
    },
  };
}

/** Embeds the chunks by a model that only claims to be the index's. */
async function embedWrongly(): Promise<void> {
  const definition = await readDefinition(lake.store, "i");
  const version = await readDataset(lake.store, "d");
  const pipeline = await openPipeline({ store: lake.store, index: "i", locks: lake.locks });
  const honest = createInlineHashProvider();
  const provider = {
    ...honest,
    embedBatch: (texts: readonly string[]) => honest.embedBatch(texts.map((text) => `${text} other words`)),
  };
  try {
    await syncPipeline({ pipeline, store: lake.store, definition, version });
    await embedPending({ pipeline, provider });
  } finally {
    pipeline.close();
  }
}
