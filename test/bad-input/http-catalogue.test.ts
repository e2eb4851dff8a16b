import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCatalogueApp } from "../support/catalogue-app.ts";

let app: Awaited<ReturnType<typeof openCatalogueApp>>;
const base = "/catalog/datasets/by-name/d";

beforeAll(async () => {
  app = await openCatalogueApp();
  const file = path.join(app.folder, "d.csv");
  await writeFile(file, "a,b\n1,x\n2,y\n");
  await app.ingest(file, { dataset: "d" });
}, 60_000);
afterAll(() => app.close());

const rule = (more: object) => ({ contract: { columns: [{ name: "a", ...more }] } });
const wide = Array.from({ length: 1_001 }, (_, at) => ({ name: `c${at}` }));

describe("bad metadata is 400 with its field", () => {
  test.each<[object, string]>([
    [rule({ pattern: "(" }), "contract.columns.0.pattern"],
    [rule({ pattern: "(?<=a)b" }), "contract.columns.0.pattern"],
    [rule({ pattern: "((a{900}){900}){900}" }), "contract.columns.0.pattern"],
    [rule({ pattern: "x".repeat(1_001) }), "contract.columns.0.pattern"],
    [rule({ type: "money" }), "contract.columns.0.type"],
    [rule({ type: "bigint", min: 2, max: 1 }), "contract.columns.0.min"],
    [rule({ type: "date", min: "yesterday" }), "contract.columns.0.min"],
    [rule({ enum: [] }), "contract.columns.0.enum"],
    [rule({ length: { min: -1 } }), "contract.columns.0.length.min"],
    [{ contract: { columns: [{ name: "none" }] } }, "contract.columns.0.name"],
    [{ contract: { columns: [{ name: "a" }, { name: "A" }] } }, "contract.columns.1.name"],
    [{ contract: { columns: [], unique: ["none"] } }, "contract.unique.0"],
    [{ contract: { columns: wide } }, "contract.columns"],
    [{ contract: [] }, "contract"],
    [{ contract: { columns: [{ name: "__proto__" }] } }, "contract.columns.0.name"],
    [{ freshness: { every: "soon" } }, "freshness.every"],
    [{ freshness: { every: "2h", stale_after: "1h" } }, "freshness.stale_after"],
    [{ freshness: {} }, "freshness.stale_after"],
    [{ sensitivity: [{ column: "none", kinds: [] }] }, "sensitivity.0.column"],
    [{ sensitivity: [{ column: "a", kinds: ["secret"] }] }, "sensitivity.0.kinds.0"],
  ])("%j", async (body, field) => {
    const answer = await app.send("PATCH", `${base}/metadata`, body);
    expect(answer).toMatchObject({ status: 400, body: { field } });
    expect((await app.send("GET", base)).body["version"]).toBe(1);
  });
});

describe("steps that make no sense are refused with their place", () => {
  const approve = (rules: unknown) => ({ action: "approve", version: 1, approved_by: "ann", rules });
  test.each<[object, number, string]>([
    [approve([]), 400, "rules"],
    [approve([{ kind: "drop", column: "none" }]), 400, "rules.0.column"],
    [
      approve([
        { kind: "drop", column: "a" },
        { kind: "drop", column: "b" },
      ]),
      400,
      "rules",
    ],
    [approve([{ kind: "rename", from: "a", to: "b" }]), 409, "rules"],
    [approve([{ kind: "cast", column: "b", to: "bigint" }]), 409, "rules"],
    [
      approve([{ kind: "cast", column: "b", to: "decimal", detail: "DECIMAL(1); DROP" }]),
      400,
      "rules.0.detail",
    ],
    [approve([{ kind: "rename", from: "a", to: "_row_id" }]), 400, "rules.0.to"],
    [{ ...approve([{ kind: "drop", column: "a" }]), version: 9 }, 409, "version"],
    [{ action: "preview", sample_rows: 0 }, 400, "sample_rows"],
    [{ action: "preview", rules: [{ kind: "explode" }] }, 400, "rules.0.kind"],
    [{ action: "run" }, 400, "action"],
  ])("%j", async (body, status, field) => {
    expect(await app.send("POST", `${base}/evolve`, body)).toMatchObject({ status, body: { field } });
  });
});

test("names that are none, and datasets that are not there", async () => {
  for (const route of ["", "/versions", "/lineage"]) {
    expect((await app.send("GET", `/catalog/datasets/by-name/none${route}`)).status).toBe(404);
    expect((await app.send("GET", `/catalog/datasets/by-name/..%2fd${route}`)).status).toBe(400);
  }
  expect(
    (await app.send("POST", "/catalog/datasets/by-name/none/evolve", { action: "preview" })).status,
  ).toBe(404);
  expect(
    (await app.send("PATCH", "/catalog/datasets/by-name/none/metadata", { contract: null })).status,
  ).toBe(404);
  expect((await app.send("GET", "/catalog/stale?late=2")).status).toBe(400);
});

test("a contract with a file is checked before anything is accepted", async () => {
  const request = {
    path: "x.csv",
    dataset: "d",
    contract: { columns: [{ name: "a", type: "bigint", min: 2, max: 1 }] },
  };
  expect((await app.send("POST", "/ingest/path", request)).status).toBeGreaterThanOrEqual(400);
  expect((await app.send("POST", "/ingest/path", { ...request, contract: "{" })).body).toMatchObject({
    field: "contract",
  });
});
