import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { ModelCall } from "./call-record.ts";
import type { FaultKind } from "./fault-plan.ts";

/** One request with its body read, and the ways to answer it. */
export interface Exchange {
  path: string;
  body: Record<string, unknown>;
  call: ModelCall;
  json(value: unknown, status?: number, headers?: Record<string, string>): void;
  /** A stream of lines or events, ended by the caller. */
  stream(contentType: string): { write(text: string): void; end(): void };
  /** Sends the answer as the fault says: late, in part, as something else, or not at all. */
  failing(fault: FaultKind | undefined, answer: () => unknown): Promise<void>;
}

const bodyBytesMax = 64 * 1024 * 1024;
/** Longer than any test's timeout of a call, so that a slow body is one. */
const slowBodyMs = 10_000;

export async function openExchange(request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
  const body = await readBody(request);
  const path = new URL(request.url ?? "/", "http://fake").pathname;
  const call: ModelCall = {
    path,
    model: String(body.model ?? ""),
    texts: [],
    tokens: 0,
    authorization: request.headers.authorization,
    body,
    fault: undefined,
    status: 0,
    cutOff: false,
  };
  response.once("close", () => {
    call.cutOff = !response.writableFinished;
  });
  const json = (value: unknown, status = 200, headers: Record<string, string> = {}) => {
    call.status = status;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(value));
  };
  return {
    path,
    body,
    call,
    json,
    stream(contentType) {
      call.status = 200;
      response.writeHead(200, { "content-type": contentType });
      return { write: (text) => void response.write(text), end: () => void response.end() };
    },
    async failing(fault, answer) {
      call.fault = fault;
      if (fault === "throttle") return json({ error: { message: "slow down" } }, 429);
      if (fault === "throttle-later")
        return json({ error: { message: "slow down" } }, 429, { "retry-after": "1" });
      if (fault === "error") return json({ error: "out of memory" }, 500);
      if (fault === "hang") return;
      if (fault === "garbage") return void response.writeHead(200).end("<html>gateway</html>");
      const text = JSON.stringify(answer());
      if (fault === "reset") return reset(response, text);
      if (fault === "slow") return trickle(response, text);
      call.status = 200;
      response.writeHead(200, { "content-type": "application/json" }).end(text);
    },
  };
}

function reset(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

async function trickle(response: ServerResponse, text: string): Promise<void> {
  response.writeHead(200, { "content-type": "application/json" });
  const parts = 10;
  const size = Math.ceil(text.length / parts);
  for (let part = 0; part < parts && !response.destroyed; part += 1) {
    response.write(text.slice(part * size, (part + 1) * size));
    await pause(slowBodyMs / parts, undefined, { ref: false });
  }
  response.end();
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  if (bytes === 0) return {};
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  return typeof value === "object" && value !== null ? { ...value } : {};
}
