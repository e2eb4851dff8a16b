import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { generationPrefix, manifestKey } from "@lakefleet/lib/generation/generation-keys.ts";
import { GenerationManifest } from "@lakefleet/lib/generation/generation-manifest.ts";
import { type LocalStore, openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FaultLake, openFaultLake, roles } from "../support/fault-lake.ts";
import { endOf, jobUrlOf, postJson, problemOf, type send, upload } from "../support/lake-client.ts";

let lake: FaultLake;
let store: LocalStore;

beforeAll(async () => {
  lake = await openFaultLake();
  await lake.startTogether(roles);
  store = await openLocalStore({ name: "primary", root: dataLayout(lake.dataFolder).bucket });
  const rows = Array.from({ length: 300 }, (_, row) => `n${row},a bicycle of kind ${row},${row % 3}`);
  const fields = { dataset: "bikes", id_column: "name", text_columns: "body", metadata_columns: "kind" };
  const file = { name: "bikes.csv", content: `name,body,kind\n${rows.join("\n")}\n` };
  await completed(await upload(lake.url("api"), fields, file));
}, 120_000);
afterAll(() => lake.close());

async function completed(answer: Awaited<ReturnType<typeof send>>): Promise<void> {
  expect(await endOf(lake.url("api"), jobUrlOf(answer))).toMatchObject({ state: "completed" });
}

const append = (body: unknown) => postJson(lake.url("api"), "/vectors/lance/append/bikes", body);

async function find(query: string, filter?: unknown): Promise<string[]> {
  const answer = await postJson(lake.url("serve"), "/vectors/search", {
    index: "bikes",
    query,
    k: 3,
    filter,
  });
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text).hits.map((hit: { doc_id: string }) => hit.doc_id);
}

async function activeManifest(): Promise<GenerationManifest> {
  const generation = (await activeLog(store, "bikes").head())!.document.generation;
  const file = path.join(store.root, manifestKey("bikes", generation));
  return GenerationManifest.parse(JSON.parse(readFileSync(file, "utf8")));
}

function inodeOf({ index, generation }: GenerationManifest, file: string): number {
  return statSync(path.join(store.root, generationPrefix(index, generation), file)).ino;
}

describe("appending rows to an index", () => {
  test("makes them searchable beside the old ones, whose files are not written again", async () => {
    const before = await activeManifest();
    await completed(
      await append({ rows: [{ name: "new", body: "a velocipede with three wheels", kind: 9 }] }),
    );
    expect((await find("velocipede"))[0]).toBe("new");
    expect((await find("bicycle of kind 17"))[0]).toBe("n17");
    expect(await find("bicycle", { kind: 9 })).toEqual(["new"]);
    const after = await activeManifest();
    expect(after.parent).toBe(before.generation);
    expect(after.accounting).toMatchObject({ rows: 301, indexed: 301, balanced: true });
    const shared = after.files.filter(({ path: file }) => file.startsWith("segments/0001/"));
    expect(shared.length).toBeGreaterThan(2);
    for (const file of shared) {
      expect(before.files).toContainEqual(file);
      expect(inodeOf(after, file.path)).toBe(inodeOf(before, file.path));
    }
  });

  test("with a key replaces the rows of equal keys, and the old ones are found no more", async () => {
    await completed(
      await append({ rows: [{ name: "n17", body: "a penny-farthing", kind: 1 }], key: "name" }),
    );
    expect((await find("penny-farthing"))[0]).toBe("n17");
    const { accounting, segments } = await activeManifest();
    expect(accounting).toMatchObject({ rows: 301, indexed: 301 });
    expect(segments[0]).toMatchObject({ deadCount: 1 });
    const words = { index: "bikes", query: "bicycle of kind 17", k: 400, mode: "lexical" };
    const answer = await postJson(lake.url("serve"), "/vectors/search", words);
    const texts = JSON.parse(answer.text).hits.map((hit: { text: string }) => hit.text);
    expect(texts).not.toContain("a bicycle of kind 17");
  });

  test("is refused for what is no list of rows, and for an index that is not there", async () => {
    for (const body of [[], {}, { rows: [] }, { rows: [1] }, { rows: [{ a: 1 }], else: 1 }]) {
      const answer = await append(body);
      expect([answer.status, problemOf(answer).type]).toEqual([400, "rows-shape"]);
    }
    const nowhere = await postJson(lake.url("api"), "/vectors/lance/append/none", { rows: [{ a: 1 }] });
    expect([nowhere.status, problemOf(nowhere).type]).toEqual([404, "index-missing"]);
  });
});
