import { once } from "node:events";
import { createServer, type Socket, Socket as TcpSocket } from "node:net";

/** Passes connections on to a server and cuts some of them where it is told. */
export interface CuttingProxy {
  port: number;
  /** Connections taken so far. */
  connections(): number;
  wasCut: Promise<void>;
  close(): Promise<void>;
}

/** The n-th connection is cut once so many bytes have come from the server; past the list's end none is. */
export async function startCuttingProxy(options: {
  to: number;
  cutAfterBytes: readonly number[];
  /** Called at each cut, before the client can connect again. */
  onCut?: () => void;
}): Promise<CuttingProxy> {
  const cut = Promise.withResolvers<void>();
  const open = new Set<Socket>();
  let count = 0;
  const server = createServer((client) => {
    const limit = options.cutAfterBytes[count] ?? Number.POSITIVE_INFINITY;
    count += 1;
    const upstream = new TcpSocket().connect(options.to, "127.0.0.1");
    let passed = 0;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on("data", (chunk: Buffer) => {
      const rest = limit - passed;
      passed += chunk.length;
      if (chunk.length < rest) {
        if (!client.write(chunk)) {
          upstream.pause();
          client.once("drain", () => upstream.resume());
        }
        return;
      }
      options.onCut?.();
      cut.resolve();
      client.write(chunk.subarray(0, rest), () => client.resetAndDestroy());
      upstream.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    connections: () => count,
    wasCut: cut.promise,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
