import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { environmentOf, readConfiguration } from "./schema.ts";

describe("readConfiguration", () => {
  test("reports every problem at once, each with its variable", () => {
    const result = readConfiguration({ LAKEFLEET_PORT: "70000", LAKEFLEET_LOG: "loud", LAKEFLEET_DATA: "" });
    if (result.ok) throw new Error("a wrong environment was accepted");
    expect(result.problems.map((problem) => problem.split(":")[0])).toEqual([
      "LAKEFLEET_DATA",
      "LAKEFLEET_PORT",
      "LAKEFLEET_LOG",
    ]);
  });

  test("reports what is wrong in the file of models together with what is wrong beside it", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-schema-"));
    try {
      const file = path.join(folder, "models.json");
      await writeFile(file, JSON.stringify({ providers: { remote: { kind: "openai" } }, extra: 1 }));
      for (const where of [{ LAKEFLEET_DATA: folder }, { LAKEFLEET_MODELS: file }]) {
        const result = readConfiguration({ ...where, LAKEFLEET_PORT: "70000", LAKEFLEET_GPU_SLOTS: "0" });
        if (result.ok) throw new Error("a wrong configuration was accepted");
        expect(result.problems).toEqual([
          expect.stringMatching(/^LAKEFLEET_PORT: /),
          expect.stringMatching(/^LAKEFLEET_GPU_SLOTS: /),
          expect.stringMatching(/models\.json: providers\.remote\.url: a provider of kind openai needs it$/),
          expect.stringMatching(/models\.json: it: Unrecognized key/),
        ]);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("a child that is given its parent's environment reads the same configuration", () => {
    const parent = readConfiguration({
      LAKEFLEET_DATA: "some/where",
      LAKEFLEET_PORT: "0",
      LAKEFLEET_LOG: "debug",
      LAKEFLEET_INGEST_ROOTS: "/srv/a:/srv/b",
      REDIS_URL: "redis://queue:6379",
      LAKEFLEET_SECRET_SHOP: "postgres://reader:secret@shop/db",
      LAKEFLEET_ADMIN_KEY: "0123456789abcdef",
    });
    if (!parent.ok) throw new Error(parent.problems.join("; "));
    const child = readConfiguration(environmentOf(parent.configuration, ["models", "databases", "admin"]));
    if (!child.ok) throw new Error(child.problems.join("; "));
    expect({ ...child.configuration, showLogs: false }).toEqual({ ...parent.configuration, showLogs: false });
  });
});
