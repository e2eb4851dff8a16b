import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import type { OpenAPIHono } from "@hono/zod-openapi";

export interface Listening {
  port: number;
  /** Takes no new connection, lets open requests end, and cuts off what is still open after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** An upload of any size may take hours; the engine's default would cut it off after five minutes. */
const requestTimeoutMs = 0;

/** Serves the app; resolves once the port takes connections and rejects where it is taken. */
export function listen(options: { app: OpenAPIHono; host: string; port: number }): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch: options.app.fetch,
        hostname: options.host,
        port: options.port,
        serverOptions: { requestTimeout: requestTimeoutMs },
      },
      ({ port }) => resolve({ port, close: (graceMs) => closeServer(server as Server, graceMs) }),
    );
    server.once("error", reject);
  });
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
