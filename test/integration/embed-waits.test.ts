import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { type FaultLake, openFaultLake } from "../support/fault-lake.ts";
import { endOf, jobUrlOf, readJob, send, upload } from "../support/lake-client.ts";
import { fakeEmbedderId, fakeModels } from "../support/model-settings.ts";
import { waitFor } from "../support/wait-for.ts";

let server: FakeModelServer;
let lake: FaultLake;
let folder: string;

beforeAll(async () => {
  server = await startFakeModelServer();
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-models-"));
  const models = fakeModels(server.url, { kind: "ollama", limits: { attempts: 1 } });
  await writeFile(path.join(folder, "models.json"), JSON.stringify(models));
  lake = await openFaultLake({ dataFolder: folder });
  await Promise.all((["api", "serve", "ingest", "embed", "index"] as const).map((role) => lake.start(role)));
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
