import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { z } from "zod";
import {
  type FakeModelServer,
  type FakeModelServerOptions,
  startFakeModelServer,
} from "./fake-model-server.ts";
import { type FaultLake, openFaultLake, type Role, roles } from "./fault-lake.ts";
import { endOf, type JobView, jobUrlOf, postJson, send, upload } from "./lake-client.ts";
import { fakeEmbedderId, fakeModels } from "./model-settings.ts";

export const oldEmbedder = fakeEmbedderId;
export const newEmbedder = "fake:bge-m3@1";
export const newModel = "bge-m3";

const MigrationView = z.looseObject({
  id: z.string(),
  state: z.string(),
  prediction: z
    .looseObject({
      to_embed: z.int(),
      quality: z
        .looseObject({
          mean_reciprocal_rank: z.object({
            before: z.number(),
            after: z.number(),
            difference: z.object({ expected: z.number(), low: z.number(), high: z.number() }),
          }),
        })
        .nullable(),
    })
    .nullable(),
  shadow: z.object({ generation: z.string(), dataset_version: z.int() }).nullable(),
  cutover: z.looseObject({ previous: z.string(), rollback_until: z.string() }).nullable(),
});

const Named = z.object({ doc_id: z.string() });
const AnswerView = z.object({ generation: z.string(), hits: z.array(Named) });
const ComparisonView = z.looseObject({
  summary: z.looseObject({}),
  comparisons: z.array(
    z.looseObject({
      overlap: z.number(),
      only_in_a: z.array(Named),
      answer_a: AnswerView.optional(),
      answer_b: AnswerView.optional(),
    }),
  ),
});

/** A fleet over one fake server with two models, and the index `notes` over a dataset of that name. */
export interface MigratingLake {
  lake: FaultLake;
  server: FakeModelServer;
  /** Writes rows by their name and waits until they are searched. */
  write(rows: ReadonlyMap<string, string>): Promise<void>;
  /** The same without waiting, and naming the embedder if one is given. */
  upload(rows: ReadonlyMap<string, string>, embedder?: string): ReturnType<typeof upload>;
  begin(settings?: object): Promise<{ id: string; job: JobView }>;
  shadow(id: string): Promise<JobView>;
  post(id: string, step: string, body?: object): ReturnType<typeof postJson>;
  migration(id: string): Promise<z.infer<typeof MigrationView>>;
  search(body?: object): ReturnType<typeof postJson>;
  migrations(): Promise<z.infer<typeof MigrationView>[]>;
  compare(body: object): Promise<z.infer<typeof ComparisonView>>;
  /** The same, whatever is answered. */
  ask(body: object): ReturnType<typeof postJson>;
  request(route: string, body: object): ReturnType<typeof postJson>;
  judge(name: string, queries: object[]): Promise<void>;
  active(): Promise<string>;
  books(): Promise<unknown>;
  endOf(jobUrl: string): Promise<JobView>;
  /** The texts of chunks that the new model was asked for, as often as it was. */
  embedded(): string[];
  close(): Promise<void>;
}

/** The roles that a test kills run alone; the others share a process. */
export async function openMigratingLake(
  options: FakeModelServerOptions & { alone?: readonly Role[] } = {},
): Promise<MigratingLake> {
  const { alone = [], ...ofServer } = options;
  const server = await startFakeModelServer({
    ...ofServer,
    models: [{}, { name: newModel, dimension: 96, digest: "b".repeat(64) }],
  });
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-migration-"));
  const settings = { kind: "ollama", embedder: { queryPrefix: "query: " }, usdPerMillionTokens: 2 } as const;
  const models = fakeModels(server.url, settings);
  models.embedders[newEmbedder] = { ...models.embedders[oldEmbedder]!, model: newModel, dimension: 96 };
  await writeFile(path.join(folder, "models.json"), JSON.stringify(models));
  const lake = await openFaultLake({ dataFolder: folder });
  const together = roles.filter((role) => !alone.includes(role));
  await Promise.all([lake.startTogether(together), ...alone.map((role) => lake.start(role))]);
  const [api, serve] = [lake.url("api"), lake.url("serve")];
  const route = "/vectors/indexes/notes/migrations";
  const ask = (body: object) => postJson(serve, "/vectors/ab", { index: "notes", ...body });
  const describe = async (): Promise<unknown> =>
    JSON.parse((await send(serve, "/vectors/indexes/notes")).text);
  const sendRows = (rows: ReadonlyMap<string, string>, settings: Record<string, string>) => {
    const lines = [...rows].map(([name, body]) => `${name},${body}`);
    const fields = { dataset: "notes", text_columns: "body", id_column: "name", mode: "upsert", key: "name" };
    const file = { name: "notes.csv", content: `name,body\n${lines.join("\n")}\n` };
    return upload(api, { ...fields, ...settings }, file);
  };
  return {
    lake,
    server,
    async write(rows) {
      const job = await endOf(api, jobUrlOf(await sendRows(rows, {})));
      if (job.state !== "completed") throw new Error(`the rows were not written: ${job.error?.detail}`);
    },
    upload: (rows, embedder) => sendRows(rows, embedder === undefined ? {} : { embedder }),
    async begin(settings = {}) {
      const answer = await postJson(api, route, { embedder: newEmbedder, ...settings });
      const job = await endOf(api, jobUrlOf(answer));
      return { id: z.object({ migration: z.string() }).parse(JSON.parse(answer.text)).migration, job };
    },
    shadow: async (id) => endOf(api, jobUrlOf(await postJson(api, `${route}/${id}/shadow`, {}))),
    post: (id, step, body = {}) => postJson(api, `${route}/${id}/${step}`, body),
    migration: async (id) => MigrationView.parse(JSON.parse((await send(serve, `${route}/${id}`)).text)),
    search: (body = {}) =>
      postJson(serve, "/vectors/search", { index: "notes", query: "wheat", mode: "vector", k: 5, ...body }),
    async migrations() {
      const answer = JSON.parse((await send(serve, route)).text);
      return z.array(MigrationView).parse(answer.migrations);
    },
    async compare(body) {
      const answer = await ask(body);
      if (answer.status !== 200) throw new Error(answer.text);
      return ComparisonView.parse(JSON.parse(answer.text));
    },
    ask,
    request: (step, body) => postJson(api, `${route}${step}`, body),
    async judge(name, queries) {
      const answer = await postJson(api, "/vectors/hnsw/evals", { name, queries });
      if (answer.status !== 200) throw new Error(answer.text);
    },
    active: async () => z.object({ active: z.string() }).parse(await describe()).active,
    books: async () => z.object({ accounting: z.unknown() }).parse(await describe()).accounting,
    endOf: (jobUrl) => endOf(api, jobUrl),
    embedded: () =>
      server.calls
        .filter(({ model, path: asked }) => model === newModel && asked.endsWith("embed"))
        .flatMap(({ texts }) => texts.filter((text) => text.startsWith("note "))),
    async close() {
      await lake.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
