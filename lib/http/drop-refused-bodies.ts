import type { IncomingMessage } from "node:http";
import type { MiddlewareHandler } from "hono";

/** What most clients have in their buffers by the time of a refusal; a longer body is cut off. */
const dropBytesMax = 64 * 1024 * 1024;
const dropMs = 5_000;

/**
 * Reads and drops the rest of a refused request's body before the answer goes out. Closing a connection with unread
 * bytes resets it, and a client that is still sending would lose the answer that says why.
 */
export function dropRefusedBodies(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    // Absent where the app is called without a connection.
    const incoming: IncomingMessage | undefined = context.env?.incoming;
    if (context.res.status >= 400 && incoming !== undefined) await dropBody(incoming);
  };
}

function dropBody(incoming: IncomingMessage): Promise<void> {
  if (incoming.complete || incoming.destroyed) {
    incoming.resume();
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    let bytesLeft = dropBytesMax;
    const finish = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(finish, dropMs);
    incoming.on("data", (chunk: Uint8Array) => {
      bytesLeft -= chunk.length;
      if (bytesLeft < 0) finish();
    });
    incoming.once("end", finish).once("close", finish);
    incoming.resume();
  });
}
