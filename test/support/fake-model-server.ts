import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ModelCall } from "./fake-model-server/call-record.ts";
import { type Exchange, openExchange } from "./fake-model-server/exchange.ts";
import { defaultModel, type FakeModel } from "./fake-model-server/fake-model.ts";
import { createFaultPlan, type FaultPlan, type FaultSettings } from "./fake-model-server/fault-plan.ts";
import { createLoadedModels, type LoadedModels } from "./fake-model-server/loaded-models.ts";
import type { ModelState } from "./fake-model-server/model-state.ts";
import { answerOllama } from "./fake-model-server/ollama-routes.ts";
import { answerOpenAi } from "./fake-model-server/openai-routes.ts";

export interface FakeModelServer {
  /** Ollama's own routes; OpenAI's are under `/v1`. */
  url: string;
  calls: ModelCall[];
  faults: FaultPlan;
  loaded: LoadedModels;
  /** Changes what is served under this name: another digest, another limit. */
  change(name: string, change: Partial<FakeModel>): void;
  close(): Promise<void>;
}

export interface FakeModelServerOptions {
  models?: Partial<FakeModel>[];
  faults?: FaultSettings;
  latencyMs?: number;
  vramBytes?: number;
  key?: string;
  reply?: (prompt: string) => string;
  port?: number;
}

/** A model server over a real socket that speaks Ollama's and OpenAI's protocols, and fails as it is told to. */
export async function startFakeModelServer(options: FakeModelServerOptions = {}): Promise<FakeModelServer> {
  const models = (options.models ?? [{}]).map((model) => ({ ...defaultModel, ...model }));
  const state: ModelState = {
    models: new Map(models.map((model) => [model.name, model])),
    loaded: createLoadedModels(options.vramBytes ?? 8e9),
    faults: createFaultPlan(options.faults),
    calls: [],
    latencyMs: options.latencyMs ?? 0,
    key: options.key,
    reply: options.reply ?? ((prompt) => `You said: ${prompt}`),
  };
  const server = createServer((request, response) => {
    openExchange(request, response)
      .then((exchange) => answer(state, exchange))
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls: state.calls,
    faults: state.faults,
    loaded: state.loaded,
    change(name, change) {
      const model = state.models.get(name);
      if (model === undefined) throw new Error(`there is no model ${name}`);
      state.models.set(name, { ...model, ...change });
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(state: ModelState, exchange: Exchange): Promise<void> {
  state.calls.push(exchange.call);
  if (state.key !== undefined && exchange.call.authorization !== `Bearer ${state.key}`) {
    return exchange.json({ error: { message: "The key is wrong.", code: "invalid_api_key" } }, 401);
  }
  if (await answerOpenAi(state, exchange)) return;
  if (await answerOllama(state, exchange)) return;
  exchange.json({ error: "not found" }, 404);
}
