import { readdirSync } from "node:fs";
import path from "node:path";
import { openEngineFolder } from "@lakefleet/lib/storage/engine-folder.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";

let lake: IndexedLake;
beforeEach(async () => {
  lake = await openIndexedLake();
  await lake.define({ parameters: IndexParameters.parse({ backend: "lance" }) });
  await lake.write(madeUpRows(300));
  await lake.embed();
  vi.stubEnv("TMPDIR", undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await lake.remove();
});

test("what Lance leaves of a build lies in the engines' folder, and is removed when the work ends", async () => {
  const engines = openEngineFolder(lake.store);
  /** Without the empty folders of open connections. */
  const filled = () =>
    readdirSync(engines.path).filter((name) => readdirSync(path.join(engines.path, name)).length > 0);
  await engines.during(async () => {
    await lake.build();
    expect(filled()).not.toEqual([]);
  });
  expect(filled()).toEqual([]);
});
