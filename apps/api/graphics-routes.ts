import { setTimeout as pause } from "node:timers/promises";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { handledElsewhere } from "@lakefleet/lib/errors/handled-elsewhere.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { readGraphicsMemory } from "@lakefleet/lib/profile/graphics-memory.ts";
import { type ModelServer, openModelServer } from "@lakefleet/lib/profile/model-server.ts";
import { openGpuSlots } from "@lakefleet/lib/profile/open-gpu-slots.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { describeMemory, Vram } from "./graphics-schema.ts";

const readVram = createRoute({
  method: "get",
  path: "/admin/vram",
  tags: ["models"],
  summary: "What fills the graphics cards: by the driver, by the model servers, and by who holds a slot",
  responses: answers(200, Vram, "The memory of the graphics cards"),
});

const ModelBody = z.strictObject({
  server: z.string().max(64).optional(),
  model: z.string().min(1).max(200),
});

const ModelState = z
  .object({ server: z.string(), model: z.string(), state: z.enum(["loaded", "loading", "unloaded"]) })
  .openapi("ModelState");

const preload = createRoute({
  method: "post",
  path: "/admin/preload",
  tags: ["models"],
  summary: "Load a model; 202 where that takes longer than a request should",
  request: { body: jsonBody(ModelBody.openapi("PreloadRequest")) },
  responses: {
    ...answers(200, ModelState, "It is loaded"),
    ...answers(202, ModelState, "The server goes on loading it"),
  },
});

const unload = createRoute({
  method: "post",
  path: "/admin/unload",
  tags: ["models"],
  summary: "Take a model out of memory",
  request: { body: jsonBody(ModelBody.openapi("UnloadRequest")) },
  responses: answers(200, ModelState, "It is unloaded"),
});

/** Longer than a small model loads, shorter than any client waits. */
const preloadWaitMs = 5_000;

export function mountGraphicsRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { configuration, jobs, models, telemetry } = dependencies;
  const servers = Object.entries(models.providers).flatMap(([name, { kind, url }]) =>
    kind === "ollama" && url !== undefined ? [openModelServer({ name, url })] : [],
  );
  const slots = openGpuSlots({ redis: jobs.queues.redis, slotCount: configuration.gpuSlots, telemetry });

  app.openapi(readVram, async (context) =>
    context.json(describeMemory(await readGraphicsMemory({ servers, slots })), 200),
  );
  app.openapi(preload, async (context) => {
    const { server: name, model } = context.req.valid("json");
    const server = chosenServer(servers, name);
    const isLoaded = await loadedWithin(server, model, telemetry);
    return isLoaded
      ? context.json({ server: server.name, model, state: "loaded" as const }, 200)
      : context.json({ server: server.name, model, state: "loading" as const }, 202);
  });
  app.openapi(unload, async (context) => {
    const { server: name, model } = context.req.valid("json");
    const server = chosenServer(servers, name);
    await server.unload(model);
    return context.json({ server: server.name, model, state: "unloaded" as const }, 200);
  });
}

/** The request to the server goes on behind the answer: a server whose caller leaves gives up loading. */
async function loadedWithin(
  server: ModelServer,
  model: string,
  telemetry: ApiDependencies["telemetry"],
): Promise<boolean> {
  const waited = new AbortController();
  const loading = server.load(model).then(() => true);
  const late = pause(preloadWaitMs, false, { signal: waited.signal });
  handledElsewhere(late);
  const isLoaded = await Promise.race([loading, late]);
  waited.abort();
  if (!isLoaded) {
    loading.catch((error: unknown) =>
      telemetry.emit("gpu.load-failed", { server: server.name, model, reason: String(error) }),
    );
  }
  return isLoaded;
}

function chosenServer(servers: readonly ModelServer[], name: string | undefined): ModelServer {
  const found = name === undefined ? servers[0] : servers.find((server) => server.name === name);
  if (found !== undefined) return found;
  throw new DomainError({
    kind: name === undefined ? "conflict" : "invalid",
    type: "model-server-unknown",
    message: name === undefined ? "No model server is configured." : `There is no model server "${name}".`,
    field: "server",
    remedy: `Name one of the configuration's providers of the kind ollama${servers.length === 0 ? "" : `: ${servers.map((server) => server.name).join(", ")}`}.`,
  });
}
