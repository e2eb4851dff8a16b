import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createApi } from "@lakefleet/api/create-api.ts";
import type { ApiDependencies } from "@lakefleet/api/dependencies.ts";
import { mountDocs } from "@lakefleet/api/docs-routes.ts";
import { openApiResources } from "@lakefleet/api/open-api-resources.ts";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { Models } from "@lakefleet/config/models.ts";
import { readConfiguration } from "@lakefleet/config/schema.ts";
import { createHttpApp } from "@lakefleet/lib/http/create-http-app.ts";
import { countingTelemetry } from "@lakefleet/lib/telemetry/metered-telemetry.ts";
import { createServe } from "@lakefleet/serve/create-serve.ts";
import { openServeResources } from "@lakefleet/serve/open-serve-resources.ts";
import { type IndexedLake, openIndexedLake } from "./indexed-lake.ts";

export interface AskOptions {
  method?: string;
  profile?: string;
  body?: unknown;
}

/** Both planes in this process over a data folder of their own, whose datasets and indexes are made as it is asked for. */
export async function openProfileApp(
  options: { models?: unknown; dependencies?: Partial<ApiDependencies> } = {},
) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-profiles-"));
  const read = readConfiguration({ LAKEFLEET_DATA: folder });
  if (!read.ok) throw new Error(read.problems.join());
  const configuration = { ...read.configuration, models: Models.parse(options.models ?? {}) };
  const resources = { configuration, telemetry: countingTelemetry() };
  const api = await openApiResources(resources);
  const serve = await openServeResources(resources);
  const app = createHttpApp(resources);
  createServe(serve, app);
  createApi({ ...api, ...options.dependencies }, app);
  mountDocs(app);
  const inside = { store: serve.store, locks: dataLayout(folder).locks };
  const lakes: IndexedLake[] = [];
  return {
    app,
    store: serve.store,
    /** The index `i<name>` over the dataset `d<name>`. */
    async addLake(name: string): Promise<IndexedLake> {
      const lake = await openIndexedLake({ index: `i${name}`, dataset: `d${name}`, inside });
      lakes.push(lake);
      return lake;
    },
    async ask(route: string, { method, profile, body }: AskOptions = {}) {
      const response = await app.request(route, {
        method: method ?? (body === undefined ? "GET" : "POST"),
        headers: {
          ...(profile === undefined ? {} : { "x-lakefleet-profile": profile }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = text !== "" && response.headers.get("content-type")?.includes("json") === true;
      return { status: response.status, text, answer: isJson ? JSON.parse(text) : undefined };
    },
    async close() {
      await api.close();
      await serve.close();
      for (const lake of lakes) await lake.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
export type ProfileApp = Awaited<ReturnType<typeof openProfileApp>>;
