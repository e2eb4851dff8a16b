import type { MiddlewareHandler } from "hono";
import { DomainError } from "../errors/domain-error.ts";

/** A JSON body holds settings, or at most 1,000 rows or one vector; files travel as streams, past this limit. */
const jsonBytesMax = 8 * 1024 * 1024;

/** A body that turns out too long is read up to here and dropped, since its sender reads no answer before its end. */
const dropBytesMax = 64 * 1024 * 1024;

/** Bounds JSON bodies, announced or not; mount it in front of routes that do not stream, but for forms to `upload`. */
export function limitJsonBody({ upload }: { upload?: string } = {}): MiddlewareHandler {
  return async (context, next) => {
    const isForm = context.req.header("content-type")?.startsWith("multipart/form-data") === true;
    if (isForm && context.req.path === upload) return next();
    if (Number(context.req.header("content-length") ?? 0) > jsonBytesMax) throw tooLarge();
    // Most bodies name their length, and the parser holds them to it; a web stream on each would cost half a millisecond.
    if (context.req.header("transfer-encoding") !== undefined && context.req.raw.body !== null) {
      const body = await readBounded(context.req.raw.body);
      context.req.raw = new Request(context.req.raw, { body });
    }
    return next();
  };
}

async function readBounded(body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  const reader = body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    byteCount += read.value.length;
    if (byteCount <= jsonBytesMax) chunks.push(read.value);
    if (byteCount > dropBytesMax) await reader.cancel();
  }
  if (byteCount > jsonBytesMax) throw tooLarge();
  const whole = new Uint8Array(byteCount);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function tooLarge(): DomainError {
  return new DomainError({
    kind: "too-large",
    type: "body-size",
    message: `The request body is larger than ${jsonBytesMax} bytes.`,
    remedy: "Send files through POST /ingest/file.",
  });
}
