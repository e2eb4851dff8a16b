import type { Exchange } from "./exchange.ts";
import type { FakeModel } from "./fake-model.ts";
import { embedCall, findModel, type ModelState } from "./model-state.ts";
import { messagesOf, textsOf } from "./openai-routes.ts";
import { countTokens } from "./token-count.ts";

/** The routes of Ollama's own protocol. */
export async function answerOllama(state: ModelState, exchange: Exchange): Promise<boolean> {
  if (exchange.path === "/api/tags") tags(state, exchange);
  else if (exchange.path === "/api/ps") running(state, exchange);
  else if (exchange.path === "/api/show") show(state, exchange);
  else if (exchange.path === "/api/embed") await embed(state, exchange);
  else if (exchange.path === "/api/generate")
    await generate(state, exchange, String(exchange.body.prompt ?? ""));
  else if (exchange.path === "/api/chat")
    await generate(state, exchange, messagesOf(exchange.body.messages).at(-1) ?? "");
  else return false;
  return true;
}

function tags({ models }: ModelState, { json }: Exchange): void {
  json({ models: [...models.values()].map(describe) });
}

function running({ loaded }: ModelState, { json }: Exchange): void {
  const models = loaded.list().map(({ model, expiresAt }) => ({
    ...describe(model),
    size_vram: model.vramBytes,
    expires_at: new Date(Math.min(expiresAt, 8.64e15)).toISOString(),
  }));
  json({ models });
}

function show(state: ModelState, { body, json }: Exchange) {
  const model = findModel(state, String(body.model ?? body.name ?? ""));
  if (model === undefined) return json({ error: "model not found" }, 404);
  const { dimension, tokensMax } = model;
  json({
    details: { family: "fake" },
    capabilities: ["embedding"],
    model_info: {
      "general.architecture": "fake",
      "fake.embedding_length": dimension,
      "fake.context_length": tokensMax,
    },
  });
}

async function embed(state: ModelState, exchange: Exchange): Promise<void> {
  const { body, call, json } = exchange;
  const known = findModel(state, call.model);
  if (known === undefined)
    return json({ error: `model "${call.model}" not found, try pulling it first` }, 404);
  call.texts = textsOf(body.input);
  state.loaded.touch(known, keepAliveOf(body));
  const model: FakeModel = body.truncate === false ? { ...known, overlong: "refuse" } : known;
  const outcome = await embedCall(state, model, call);
  if (outcome.kind === "refused") return json({ error: outcome.message }, 400);
  const { embedded, fault } = outcome;
  // As Ollama itself does: its encoder has no text for these.
  if (fault === "nan") return json({ error: "json: unsupported value: NaN" }, 500);
  await exchange.failing(fault, () => ({
    model: call.model,
    embeddings: embedded.vectors.map((vector) => Array.from(vector)),
    total_duration: 1,
    load_duration: 1,
    ...(embedded.tokens === undefined ? {} : { prompt_eval_count: embedded.tokens }),
  }));
}

/** Without a prompt it only loads or, with `keep_alive` 0, unloads the model. */
async function generate(state: ModelState, exchange: Exchange, prompt: string): Promise<void> {
  const { body, call, json, stream, path } = exchange;
  const model = findModel(state, call.model);
  if (model === undefined)
    return json({ error: `model "${call.model}" not found, try pulling it first` }, 404);
  call.texts = [prompt];
  const touched = state.loaded.touch(model, keepAliveOf(body));
  const facts = { model: call.model, created_at: new Date(0).toISOString() };
  const said = (text: string) =>
    path === "/api/chat" ? { message: { role: "assistant", content: text } } : { response: text };
  if (prompt === "") {
    const reason = touched === "unloaded" ? "unload" : "load";
    return json({ ...facts, ...said(""), done: true, done_reason: reason });
  }
  const text = state.reply(prompt);
  const end = {
    done: true,
    done_reason: "stop",
    prompt_eval_count: countTokens(prompt),
    eval_count: countTokens(text),
  };
  const fault = state.faults.next(call.texts);
  if (body.stream === false || (fault !== undefined && fault !== "hang"))
    return exchange.failing(fault, () => ({ ...facts, ...said(text), ...end }));
  const lines = stream("application/x-ndjson");
  for (const part of text.match(/\S+\s*/g) ?? []) {
    lines.write(`${JSON.stringify({ ...facts, ...said(part), done: false })}\n`);
    // A model that hangs has usually begun.
    if (fault === "hang") return;
  }
  lines.write(`${JSON.stringify({ ...facts, ...said(""), ...end })}\n`);
  lines.end();
}

function describe({ name, digest, vramBytes }: FakeModel) {
  const full = name.includes(":") ? name : `${name}:latest`;
  return { name: full, model: full, digest, size: vramBytes, modified_at: new Date(0).toISOString() };
}

function keepAliveOf({ keep_alive: keepAlive }: Record<string, unknown>): number | string | undefined {
  return typeof keepAlive === "number" || typeof keepAlive === "string" ? keepAlive : undefined;
}
