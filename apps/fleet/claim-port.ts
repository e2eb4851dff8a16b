import { once } from "node:events";
import net from "node:net";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";

/**
 * Finds out before anything starts whether the port is free, and picks a free one for 0, so that a restarted gateway
 * comes back where it was. Rejects with `conflict`, `port-taken`.
 */
export async function claimPort(address: { host: string; port: number }): Promise<number> {
  const server = net.createServer();
  server.listen(address.port, address.host);
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new DomainError({
      kind: "conflict",
      type: "port-taken",
      message: `Cannot listen on ${address.host}:${address.port}: ${cause instanceof Error ? cause.message : cause}.`,
      field: "LAKEFLEET_PORT",
      remedy: "Set LAKEFLEET_PORT to a free port, or to 0 for any.",
      cause,
    });
  }
  const bound = server.address();
  server.close();
  await once(server, "close");
  return typeof bound === "object" && bound !== null ? bound.port : address.port;
}
