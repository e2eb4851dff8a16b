import { DomainError } from "../../errors/domain-error.ts";
import { failedError, unknownHostError } from "./provider-errors.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import { statusError } from "./status-error.ts";

/** One server of models: where it is and who asks. */
export interface ModelServer {
  /** As it is called in the file of models. */
  provider: string;
  url: string;
  timeoutMs: number;
  /** Read for each call, so that a new key needs no restart. */
  readKey?: (() => Promise<string>) | undefined;
}

export interface ServerRequest {
  path: string;
  /** A GET where there is none. */
  body?: unknown;
  /** A longer answer is not read. */
  bytesMax: number;
  signal?: AbortSignal | undefined;
}

/**
 * Asks once and reads the answer as JSON. Throws what `statusError` says of a status; `provider-failed` where nothing
 * readable comes within the timeout, and `provider-host-unknown` where its host has no address; `cancelled` where the
 * signal aborts. Never follows a redirection: the key is for this server alone.
 */
export async function askServer(server: ModelServer, request: ServerRequest): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readAnswer(server, request)) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw failedError(server.provider, "the answer is no JSON");
  }
}

/** Asks once and gives the lines of the answer as they come, without the empty ones. Throws as `askServer` does. */
export async function* askForLines(server: ModelServer, request: ServerRequest): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let open = "";
  for await (const chunk of readAnswer(server, request)) {
    const lines = (open + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    open = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
  if (open !== "") yield open;
}

async function* readAnswer(server: ModelServer, request: ServerRequest): AsyncGenerator<Uint8Array> {
  const { provider, timeoutMs } = server;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
  try {
    yield* readBounded(await exchange(server, request, signal), provider, request.bytesMax);
  } catch (error) {
    if (request.signal?.aborted) throw cancelled(request.signal.reason);
    if (error instanceof DomainError) throw error;
    const unknownHost = unknownHostError(provider, error);
    if (unknownHost !== undefined) throw unknownHost;
    const detail = timeout.aborted ? `no answer within ${timeoutMs} ms` : "the connection broke";
    throw failedError(provider, detail, undefined, error);
  }
}

async function exchange(server: ModelServer, request: ServerRequest, signal: AbortSignal): Promise<Response> {
  const key = await server.readKey?.();
  const response = await fetch(`${server.url.replace(/\/$/, "")}${request.path}`, {
    method: request.body === undefined ? "GET" : "POST",
    headers: {
      "content-type": "application/json",
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    redirect: "error",
    signal,
  });
  if (response.ok) return response;
  await response.body?.cancel();
  throw statusError(
    server.provider,
    response.status,
    retryAfterSeconds(response.headers.get("retry-after"), Date.now()),
  );
}

async function* readBounded(
  response: Response,
  provider: string,
  bytesMax: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw failedError(provider, `the answer has more than ${bytesMax} bytes`);
    yield chunk;
  }
}

function cancelled(cause: unknown): DomainError {
  return new DomainError({ kind: "cancelled", type: "cancelled", message: "The call was cancelled.", cause });
}
