import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { faultKinds } from "../support/fake-model-server/fault-plan.ts";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { type FaultLake, openFaultLake } from "../support/fault-lake.ts";
import { endOf, jobUrlOf, send, upload } from "../support/lake-client.ts";
import { fakeEmbedderId, fakeModels } from "../support/model-settings.ts";
import { waitFor } from "../support/wait-for.ts";

/** More than are committed together, so that the run that goes on has a whole commit and a part of one to make. */
const rowCount = 4_400;
let server: FakeModelServer;
let lake: FaultLake;
let folder: string;

beforeAll(async () => {
  server = await startFakeModelServer({
    latencyMs: 30,
    faults: { rate: 0.02, kinds: faultKinds.filter((kind) => kind !== "throttle-later"), seed: 3 },
  });
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-models-"));
  await writeFile(path.join(folder, "models.json"), JSON.stringify(fakeModels(server.url)));
  lake = await openFaultLake({ dataFolder: folder });
  await Promise.all([lake.startTogether(["api", "serve", "ingest", "index"]), lake.start("embed")]);
});
afterAll(async () => {
  await lake.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

test("an embed worker killed between its calls to a failing server loses no row and pays little twice", async () => {
  const rows = Array.from(
    { length: rowCount },
    (_, row) => `r${row},row ${row} of the sea and of ${row * 31} ships`,
  );
  const fields = { dataset: "ships", text_columns: "body", id_column: "name", embedder: fakeEmbedderId };
  const content = `name,body\n${rows.join("\n")}\n`;
  const jobUrl = jobUrlOf(await upload(lake.url("api"), fields, { name: "ships.csv", content }));
  // Three quarters of the chunks that are committed together.
  await waitFor("the middle of the calls", 60_000, () => server.calls.length >= 100);
  await lake.kill("embed");
  await lake.start("embed");
  expect((await endOf(lake.url("api"), jobUrl)).state).toBe("completed");
  const index = JSON.parse((await send(lake.url("serve"), "/vectors/indexes/ships")).text);
  expect(index.accounting).toMatchObject({ rows: rowCount, indexed: rowCount, pending: 0, balanced: true });
  const asked = server.calls.filter(({ fault, status }) => status === 200 && fault === undefined);
  const texts = asked.flatMap((call) => call.texts.filter((text) => text.startsWith("row ")));
  expect(new Set(texts).size).toBe(rowCount);
  // The kill loses what the cache had not got: a portion of 1,024 vectors being written and one being gathered.
  expect(texts.length - rowCount).toBeLessThan(2 * 1_024);
});
