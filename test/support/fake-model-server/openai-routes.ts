import type { Exchange } from "./exchange.ts";
import { embedCall, findModel, type ModelState } from "./model-state.ts";
import { countTokens } from "./token-count.ts";

/** The routes of OpenAI's protocol under `/v1`, and the reranking route as TEI and Jina have it. */
export async function answerOpenAi(state: ModelState, exchange: Exchange): Promise<boolean> {
  if (exchange.path === "/v1/models") listModels(state, exchange);
  else if (exchange.path === "/v1/embeddings") await embeddings(state, exchange);
  else if (exchange.path === "/v1/chat/completions") await chat(state, exchange);
  else if (exchange.path === "/v1/rerank" || exchange.path === "/rerank") await rerank(state, exchange);
  else return false;
  return true;
}

function listModels({ models }: ModelState, { json }: Exchange): void {
  json({ object: "list", data: [...models.keys()].map((id) => ({ id, object: "model", owned_by: "fake" })) });
}

async function embeddings(state: ModelState, exchange: Exchange): Promise<void> {
  const { body, call, json } = exchange;
  const model = findModel(state, call.model);
  if (model === undefined) return problem(exchange, 404, "The model does not exist.");
  call.texts = textsOf(body.input);
  if (call.texts.length === 0) return problem(exchange, 400, "The input is empty.");
  const outcome = await embedCall(state, model, call);
  if (outcome.kind === "refused") return problem(exchange, 400, outcome.message);
  const { embedded, fault } = outcome;
  if (fault === "nan" && body.encoding_format !== "base64") return json({ detail: "NaN" }, 500);
  await exchange.failing(fault, () => {
    const data = embedded.vectors.map((vector, index) => ({
      object: "embedding",
      index: fault === "duplicate" ? 0 : index,
      embedding: body.encoding_format === "base64" ? base64(vector) : Array.from(vector),
    }));
    if (fault === "reorder") data.reverse();
    const { tokens } = embedded;
    const usage = tokens === undefined ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens } };
    return { object: "list", model: call.model, data, ...usage };
  });
}

function base64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}

async function chat(state: ModelState, exchange: Exchange): Promise<void> {
  const { body, call, stream } = exchange;
  if (findModel(state, call.model) === undefined) return problem(exchange, 404, "The model does not exist.");
  call.texts = messagesOf(body.messages);
  const content = state.reply(call.texts.at(-1) ?? "");
  const usage = { prompt_tokens: countTokens(call.texts.join(" ")), completion_tokens: countTokens(content) };
  const facts = { id: "chat-1", created: 0, model: call.model };
  const fault = state.faults.next(call.texts);
  if (body.stream !== true || (fault !== undefined && fault !== "hang")) {
    const choices = [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }];
    return exchange.failing(fault, () => ({ ...facts, object: "chat.completion", choices, usage }));
  }
  const events = stream("text/event-stream");
  const send = (delta: object, reason: string | null) =>
    events.write(
      `data: ${JSON.stringify({ ...facts, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`,
    );
  for (const part of content.match(/\S+\s*/g) ?? []) {
    send({ content: part }, null);
    // A model that hangs has usually begun.
    if (fault === "hang") return;
  }
  send({}, "stop");
  if (Object(body.stream_options).include_usage === true)
    events.write(`data: ${JSON.stringify({ ...facts, choices: [], usage })}\n\n`);
  events.write("data: [DONE]\n\n");
  events.end();
}

/** By how many of the query's words a document has. */
async function rerank(state: ModelState, exchange: Exchange): Promise<void> {
  const { body, path, call } = exchange;
  const isTei = path === "/rerank";
  if (!isTei && findModel(state, call.model) === undefined)
    return problem(exchange, 404, "The model does not exist.");
  call.texts = textsOf(isTei ? body.texts : body.documents);
  const words = new Set(
    String(body.query ?? "")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [],
  );
  const scored = call.texts
    .map((text, index) => {
      const found = new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
      return { index, score: [...words].filter((word) => found.has(word)).length / Math.max(1, words.size) };
    })
    .sort((one, other) => other.score - one.score);
  const results = scored.map(({ index, score }) => ({ index, relevance_score: score }));
  await exchange.failing(state.faults.next(call.texts), () =>
    isTei ? scored : { model: call.model, results },
  );
}

export function textsOf(input: unknown): string[] {
  if (typeof input === "string") return [input];
  return Array.isArray(input) ? input.map(String) : [];
}

export function messagesOf(messages: unknown): string[] {
  if (!Array.isArray(messages)) return [];
  return messages.map((message: { content?: unknown }) => String(message.content ?? ""));
}

function problem({ json }: Exchange, status: number, message: string): void {
  json({ error: { message, type: "invalid_request_error", code: null } }, status);
}
