import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createApi } from "@lakefleet/api/create-api.ts";
import { mountDocs } from "@lakefleet/api/docs-routes.ts";
import { openApiResources } from "@lakefleet/api/open-api-resources.ts";
import { readConfiguration } from "@lakefleet/config/schema.ts";
import { createHttpApp } from "@lakefleet/lib/http/create-http-app.ts";
import { countingTelemetry } from "@lakefleet/lib/telemetry/metered-telemetry.ts";
import { createServe } from "@lakefleet/serve/create-serve.ts";
import { openServeResources } from "@lakefleet/serve/open-serve-resources.ts";
import { expect, test } from "vitest";
import { z } from "zod";

const Schema = z.record(z.string(), z.unknown());
const Content = z.record(z.string(), z.strictObject({ schema: Schema }));
const Operation = z.looseObject({
  summary: z.string(),
  tags: z.array(z.string()).min(1),
  parameters: z
    .array(
      z.looseObject({
        name: z.string(),
        in: z.enum(["path", "query"]),
        required: z.boolean().optional(),
        schema: Schema,
      }),
    )
    .optional(),
  requestBody: z.looseObject({ content: Content }).optional(),
  responses: z.record(
    z.string().regex(/^([1-5]\d\d|default)$/),
    z.looseObject({ description: z.string(), content: Content.optional() }),
  ),
});
/** The parts of OpenAPI 3.1 that this document uses. */
const Document = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(
    z.string().startsWith("/"),
    z.partialRecord(z.enum(["get", "post", "put", "patch", "delete"]), Operation),
  ),
  components: z.looseObject({ schemas: z.record(z.string().regex(/^[\w.-]+$/), Schema) }),
  webhooks: z.record(z.string(), z.unknown()).optional(),
});

/** Pages and what they load are for people; they have no place in a description for programs. */
const undescribed = /^\/(docs|openapi\.json|admin\/queues)(\/|$)/;

const vectorOfNumbers = { type: "array", items: { type: "number" }, minItems: 1, maxItems: 65_536 };

test("the description holds every route of the fleet, and nothing it refers to is missing", async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-openapi-"));
  const read = readConfiguration({ LAKEFLEET_DATA: folder });
  if (!read.ok) throw new Error(read.problems.join());
  const options = { configuration: read.configuration, telemetry: countingTelemetry() };
  const api = await openApiResources(options);
  const serve = await openServeResources(options);
  try {
    const app = createHttpApp(options);
    createServe(serve, app);
    createApi(api, app);
    mountDocs(app);
    const text = await (await app.request("/openapi.json")).text();
    const document = Document.parse(JSON.parse(text));
    const described = Object.entries(document.paths).flatMap(([route, operations]) =>
      Object.keys(operations).map((method) => `${method} ${route}`),
    );
    const mounted = app.routes
      .filter(({ method, path: route }) => method !== "ALL" && !undescribed.test(route))
      .map(({ method, path: route }) => `${method.toLowerCase()} ${route.replace(/:(\w+)/g, "{$1}")}`);
    expect(new Set(described)).toEqual(new Set(mounted));
    expect(described.length).toBeGreaterThan(25);
    // Its schema checks in one go what the description says value by value.
    expect(document.paths["/vectors/search"]?.post?.requestBody?.content).toMatchObject({
      "application/json": { schema: { properties: { vector: vectorOfNumbers } } },
    });

    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(document.components.schemas).toHaveProperty([name ?? ""]);
    for (const [route, operations] of Object.entries(document.paths)) {
      const inPath = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const operation of Object.values(operations)) {
        const named = operation?.parameters?.filter((parameter) => parameter.in === "path") ?? [];
        expect([route, named.map(({ name }) => name).sort()]).toEqual([route, inPath.sort()]);
        expect(named.every(({ required }) => required === true)).toBe(true);
      }
    }
  } finally {
    await api.close();
    await serve.close();
    await rm(folder, { recursive: true, force: true });
  }
});
