import { writeFile } from "node:fs/promises";
import path from "node:path";
import { datasetLines } from "@lakefleet/cli/dataset-lines.ts";
import { definitionLog } from "@lakefleet/lib/generation/definition-log.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCatalogueApp } from "../support/catalogue-app.ts";

let app: Awaited<ReturnType<typeof openCatalogueApp>>;
const people = "/catalog/datasets/by-name/people";

beforeAll(async () => {
  app = await openCatalogueApp();
  const rows = Array.from({ length: 40 }, (_, row) => `${row},user${row}@example.org,note ${row}`);
  await ingest("people.csv", `id,email,note\n${rows.join("\n")}\n`);
}, 60_000);
afterAll(() => app.close());

async function ingest(
  name: string,
  content: string,
  request: { onError?: "skip"; contract?: Record<string, unknown> } = {},
) {
  const file = path.join(app.folder, name);
  await writeFile(file, content);
  return app.ingest(file, { dataset: "people", ...request });
}

describe("a dataset over HTTP", () => {
  test("shows what is sensitive in it, and a description though nobody wrote one", async () => {
    expect(await app.send("GET", people)).toMatchObject({
      status: 200,
      body: {
        version: 1,
        descriptionSource: "schema",
        sensitive: [{ column: "email", kinds: ["email"], by: "values" }],
        sensitivity: [{ column: "email", found: [{ kind: "email", category: "pii", sampled: 40 }] }],
      },
    });
  });

  test("takes owner, freshness, contract and a person's word, and lists what is stale", async () => {
    const patched = await app.send("PATCH", `${people}/metadata`, {
      owner: "ann",
      tags: ["crm"],
      freshness: { every: "1d", stale_after: "2d" },
      contract: { columns: [{ name: "email", pattern: "[^@]+@[^@]+" }], unique: ["id"] },
      sensitivity: [{ column: "note", kinds: ["person_name"] }],
    });
    expect(patched).toEqual({ status: 200, body: { dataset: "people", version: 2 } });
    const { body } = await app.send("GET", people);
    expect(body).toMatchObject({
      owner: "ann",
      freshness: { every: "1d", staleAfter: "2d" },
      freshnessState: { state: "fresh" },
      contract: { unique: ["id"] },
      ingest: { rowsAdded: 40 },
    });
    expect(await app.send("GET", "/catalog/stale")).toMatchObject({
      status: 200,
      body: { expected: 1, datasets: [] },
    });
  });

  test("refuses rows that break its contract, or diverts them, and says that its columns have drifted", async () => {
    await expect(ingest("bad.csv", "id,email,note\n100,nobody,x\n3,c@d.org,y\n")).rejects.toMatchObject({
      type: "contract-broken",
      place: { row: 1, column: "email" },
    });
    const skipped = await ingest("bad.csv", "id,email,note\n100,nobody,x\n101,c@d.org,y\n", {
      onError: "skip",
    });
    expect(skipped).toMatchObject({ rowsAdded: 1, rowsRejected: 1, rows: 41 });
    const drifted = await ingest("late.csv", "id,email,notes\n200,late@example.org,z\n");
    expect(drifted.drift).toMatch(/^note seems to be called notes now/);
    const { body } = await app.send("GET", people);
    expect(body["ingest"]).toMatchObject({ drift: { renamed: [{ from: "note", to: "notes" }] } });
  });

  test("previews what answers the drift, keeps it from an index's columns, and commits it when approved", async () => {
    const preview = await app.send("POST", `${people}/evolve`, { action: "preview", sample_rows: 50 });
    expect(preview).toMatchObject({
      status: 200,
      body: { rules: [{ kind: "rename", from: "note", to: "notes" }], rows_sampled: 42 },
    });
    const { version, rules } = preview.body;
    const approval = {
      action: "approve",
      version,
      rules,
      approved_by: "ann",
      reason: "the source has changed",
    };
    await definitionLog(app.store, "notes").commit(() => ({
      schemaVersion: 1,
      index: "notes",
      dataset: "people",
      textColumns: ["note"],
      metadataColumns: [],
      embedderId: "hash-768@1",
      chunking: { size: 300, overlap: 0 },
      parameters: IndexParameters.parse({ backend: "hnsw" }),
      fusion: { method: "weighted", lexicalWeight: 0.85 },
    }));
    const inUse = await app.send("POST", `${people}/evolve`, approval);
    expect(inUse).toMatchObject({ status: 409, body: { type: "column-in-use", field: "rules.0" } });
    await definitionLog(app.store, "notes").commit((head) => ({ ...head!.document, dataset: "other" }));
    const approved = await app.send("POST", `${people}/evolve`, approval);
    expect(approved).toMatchObject({
      status: 200,
      body: { evolution: { approvedBy: "ann", from: version } },
    });
    expect(await app.send("POST", `${people}/evolve`, approval)).toMatchObject({
      status: 409,
      body: { type: "evolution-outdated" },
    });
    const now = await app.send("GET", `${people}/rows?limit=100`);
    expect((now.body["rows"] as { notes: string }[]).map(({ notes }) => notes).slice(-2)).toEqual(["y", "z"]);
    const before = await app.send("GET", `${people}/rows?version=1&limit=1`);
    expect(before.body["rows"]).toEqual([{ id: 0, email: "user0@example.org", note: "note 0" }]);
  });

  test("tells its versions and its lineage, also to people", async () => {
    const versions = await app.send("GET", `${people}/versions`);
    expect(
      (versions.body["versions"] as { evolution: unknown }[]).map(({ evolution }) => evolution !== null),
    ).toEqual([true, false, false, false, false]);
    const lineage = await app.send("GET", `${people}/lineage`);
    expect(lineage.body).toMatchObject({
      sources: [
        { name: "late.csv", version: 4 },
        { name: "bad.csv", version: 3 },
        { name: "people.csv", version: 1 },
      ],
      indexes: [],
    });
    const { body: dataset } = await app.send("GET", people);
    type Told = Parameters<typeof datasetLines>[0];
    const told = { dataset, versions: versions.body["versions"], lineage: lineage.body };
    const text = datasetLines(told as unknown as Told).join("\n");
    expect(text).toMatch(/email +varchar +sensitive: email \(1\.00\)/);
    expect(text).toMatch(/notes +varchar +sensitive: person_name, said by a person/);
    expect(text).toContain("email: matches [^@]+@[^@]+");
    expect(text).toContain("columns changed, approved by ann");
    expect(text).toContain("file people.csv (csv) → append, 40 rows → version 1");
  });

  test("is resynced without a change where nothing is wrong", async () => {
    expect(await app.send("POST", "/catalog/resync-missing")).toEqual({
      status: 200,
      body: { checked: 1, listed: [], recounted: [], damaged: [] },
    });
  });
});
