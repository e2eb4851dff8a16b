import { z } from "zod";
import { unknownHostError } from "../embedding/providers/provider-errors.ts";
import { DomainError } from "../errors/domain-error.ts";

/** A model that a server holds in memory now. */
export interface LoadedModel {
  name: string;
  sizeBytes: number;
  /** The part of it that is on the graphics card. */
  vramBytes: number;
  expiresAt: string;
}

/** An Ollama server, as far as what it holds in memory goes. A server out of reach is `unavailable`, `model-server-down`. */
export interface ModelServer {
  name: string;
  loaded(): Promise<LoadedModel[]>;
  /** Resolves once the model is in memory; it stays there for as long as the server was told to keep models. */
  load(model: string, options?: LoadOptions): Promise<void>;
  unload(model: string): Promise<void>;
}

export interface LoadOptions {
  signal?: AbortSignal;
  /** Until it is unloaded, however long nobody uses it. */
  stays?: boolean;
}

const Loaded = z.object({
  models: z.array(
    z.object({ name: z.string(), size: z.number(), size_vram: z.number(), expires_at: z.string() }),
  ),
});

/** A list comes from memory; past this the server hangs. */
const listWithinMs = 3_000;
/** Large models are read from slow disks for minutes. */
const loadWithinMs = 600_000;

export function openModelServer({ name, url }: { name: string; url: string }): ModelServer {
  const ask = (path: string, options: { body?: object; signal: AbortSignal }) =>
    askServer({ name, url: `${url.replace(/\/+$/, "")}${path}`, ...options });
  return {
    name,
    async loaded() {
      const answer = Loaded.safeParse(await ask("/api/ps", { signal: AbortSignal.timeout(listWithinMs) }));
      if (!answer.success) throw serverDown(name, answer.error);
      return answer.data.models.map(({ name: model, size, size_vram, expires_at }) => ({
        name: model,
        sizeBytes: size,
        vramBytes: size_vram,
        expiresAt: expires_at,
      }));
    },
    async load(model, { signal, stays = false } = {}) {
      const limit = AbortSignal.timeout(loadWithinMs);
      // An embedding of nothing loads every kind of model; only some kinds can generate.
      await ask("/api/embed", {
        body: { model, input: [], ...(stays ? { keep_alive: -1 } : {}) },
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      });
    },
    async unload(model) {
      await ask("/api/generate", {
        body: { model, keep_alive: 0 },
        signal: AbortSignal.timeout(listWithinMs),
      });
    },
  };
}

/** Whether the model is in memory now; Ollama adds a tag to a name that has none. */
export async function isLoaded(server: ModelServer, model: string): Promise<boolean> {
  const names = (await server.loaded()).map(({ name }) => name);
  return names.includes(model) || names.includes(`${model}:latest`);
}

async function askServer(request: {
  name: string;
  url: string;
  body?: object;
  signal: AbortSignal;
}): Promise<unknown> {
  const { name, url, body, signal } = request;
  const post = {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  };
  const response = await fetch(url, { ...(body === undefined ? {} : post), signal }).catch(
    (cause: unknown) => {
      throw unknownHostError(name, cause) ?? serverDown(name, cause);
    },
  );
  if (response.status === 404) throw modelUnknown(name);
  if (!response.ok) throw serverDown(name, new Error(`The server answered ${response.status}.`));
  return await response.json().catch((cause: unknown) => {
    throw serverDown(name, cause);
  });
}

function modelUnknown(server: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "model-unknown",
    message: `The model server ${server} does not have this model.`,
    field: "model",
    remedy: "Pull the model on the server, or ask for one that it has.",
  });
}

function serverDown(server: string, cause: unknown): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "model-server-down",
    message: `The model server ${server} does not answer as it should.`,
    remedy: "See that it runs at the url that the configuration gives.",
    retryAfterSeconds: 5,
    cause,
  });
}
