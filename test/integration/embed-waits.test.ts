import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { type FaultLake, openFaultLake, roles } from "../support/fault-lake.ts";
import { endOf, jobUrlOf, readJob, send, upload } from "../support/lake-client.ts";
import { fakeEmbedderId, fakeModels } from "../support/model-settings.ts";
import { waitFor } from "../support/wait-for.ts";

const lost = "nowhere:nomic-embed-text@1";
const lostLarge = "nowhere:large@1";
const absent = "fake:absent@1";
const absentLarge = "fake:absent-large@1";
let server: FakeModelServer;
let lake: FaultLake;
let folder: string;

beforeAll(async () => {
  server = await startFakeModelServer();
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-models-"));
  const models = fakeModels(server.url, { kind: "ollama", limits: { attempts: 1 } });
  // A name is never asked for where one of its parts is so long.
  models.providers["nowhere"] = { ...models.providers["fake"]!, url: `http://${"x".repeat(64)}.example` };
  const embedder = models.embedders[fakeEmbedderId]!;
  models.embedders[lost] = { ...embedder, provider: "nowhere" };
  models.embedders[lostLarge] = { ...embedder, provider: "nowhere", model: "large", vramMib: 500 };
  models.embedders[absent] = { ...embedder, model: "absent" };
  models.embedders[absentLarge] = { ...embedder, model: "absent-large", vramMib: 500 };
  await writeFile(path.join(folder, "models.json"), JSON.stringify(models));
  lake = await openFaultLake({ dataFolder: folder });
  await lake.startTogether(roles);
});
afterAll(async () => {
  await lake.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

test("a file that comes while its model server is down is embedded once that is back, in one attempt", async () => {
  await server.close();
  const fields = { dataset: "notes", text_columns: "body", id_column: "name", embedder: fakeEmbedderId };
  const content = "name,body\na,a harbor in the fog\nb,wheat fields in summer\n";
  const jobUrl = jobUrlOf(await upload(lake.url("api"), fields, { name: "notes.csv", content }));
  const waiting = await waitFor("the job to say what it waits for", 60_000, async () => {
    const job = await readJob(lake.url("api"), jobUrl);
    return job["waiting_for"] ? job : undefined;
  });
  expect(waiting).toMatchObject({
    state: "active",
    waiting_for: { type: "provider-failed", detail: expect.stringContaining("provider fake failed") },
  });
  server = await startFakeModelServer({ port: Number(new URL(server.url).port) });
  const done = await endOf(lake.url("api"), jobUrl);
  expect(done).toMatchObject({ state: "completed", waiting_for: null });
  const embed = done.children.find(({ queue }) => queue === "embed");
  expect(await readJob(lake.url("api"), `/jobs/embed/${embed?.id}`)).toMatchObject({
    attempts: 1,
    result: { embedded: 2, failed: 0 },
  });
  const index = JSON.parse((await send(lake.url("serve"), "/vectors/indexes/notes")).text);
  expect(index).toMatchObject({ accounting: { indexed: 2, balanced: true } });
});

test.each([
  ["a host that nobody knows", lost, "provider-host-unknown"],
  ["such a host where the model needs a place on the graphics card", lostLarge, "provider-host-unknown"],
  ["a model that its server does not have", absent, "provider-model-missing"],
  ["such a model that needs a place on the graphics card", absentLarge, "model-unknown"],
])("%s fails the job at once, with what to correct", async (_case, embedder, type) => {
  const dataset = type === "provider-host-unknown" ? "lost" : "absent";
  const index = embedder.replace(/[^a-z]/g, "-");
  const fields = { dataset, index, text_columns: "body", id_column: "name", embedder };
  const content = `name,body\na,${index} a harbor in the fog\n`;
  const jobUrl = jobUrlOf(await upload(lake.url("api"), fields, { name: "notes.csv", content }));
  const job = await endOf(lake.url("api"), jobUrl);
  expect(job).toMatchObject({ state: "failed", error: { type }, waiting_for: null });
  const embed = job.children.find(({ queue }) => queue === "embed");
  const failed = await readJob(lake.url("api"), `/jobs/embed/${embed?.id}`);
  expect(failed).toMatchObject({ state: "failed", attempts: 1, error: { type } });
  expect(failed.error?.["remedy"]).toMatch(/url|pull/i);
});
