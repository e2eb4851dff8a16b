import net from "node:net";

/** One HTTP connection that stays open and carries one request at a time. */
export interface KeepAliveConnection {
  /** Sends a request made by `renderRequest`. */
  send(request: Buffer): Promise<{ status: number; body: string }>;
  close(): void;
}

/**
 * A client of our own, because a general one costs more for each request than the server, and on two shared cores that
 * would be measured as the server's. Understands what our server sends: a content-length, or chunks.
 */
export async function openConnection(url: string): Promise<KeepAliveConnection> {
  const { hostname, port } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port), noDelay: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  let received: Buffer = Buffer.alloc(0);
  let waiting: PromiseWithResolvers<{ status: number; body: string }> | undefined;
  socket.on("data", (piece) => {
    received = received.length === 0 ? piece : Buffer.concat([received, piece]);
    const answer = parseAnswer(received);
    if (answer === undefined) return;
    received = Buffer.alloc(0);
    waiting?.resolve(answer);
  });
  const fail = (error?: Error) => waiting?.reject(error ?? new Error("the server closed the connection"));
  socket.on("error", fail).on("close", () => fail());
  return {
    send(request) {
      // A server closes what has been idle for some seconds, and a write to a closed socket tells nobody.
      if (socket.destroyed) return Promise.reject(new Error("the server has closed the connection"));
      waiting = Promise.withResolvers();
      socket.write(request);
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
}

export function renderRequest(path: string, body: unknown): Buffer {
  const text = Buffer.from(body === undefined ? "" : JSON.stringify(body));
  const head = `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), text]);
}

export function renderGet(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: bench\r\n\r\n`);
}

/** Undefined while the answer is not there whole. */
function parseAnswer(received: Buffer): { status: number; body: string } | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = received.toString("latin1", 0, headEnd);
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) return parseChunks(received, headEnd + 4, status);
  const end = headEnd + 4 + Number(length);
  return received.length < end ? undefined : { status, body: received.toString("utf8", headEnd + 4, end) };
}

function parseChunks(received: Buffer, begin: number, status: number) {
  const pieces: Buffer[] = [];
  for (let at = begin; ; ) {
    const lineEnd = received.indexOf("\r\n", at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(received.toString("latin1", at, lineEnd), 16);
    at = lineEnd + 2 + size + 2;
    if (received.length < at) return undefined;
    if (size === 0) return { status, body: Buffer.concat(pieces).toString("utf8") };
    pieces.push(received.subarray(lineEnd + 2, at - 2));
  }
}
