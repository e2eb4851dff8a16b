import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import { announceCancel, listenForCancel } from "@lakefleet/lib/jobs/cancel-channel.ts";
import { openWorkerConnection } from "@lakefleet/lib/jobs/connection.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { eventually } from "../support/job-fleet.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";

let server: RedisServer;
let connection: Redis;
/** Between Redis and the connections; whatever Redis answers is kept back while it is mute. */
let proxy: net.Server;
let isMute = false;
beforeEach(async () => {
  server = await startRedisServer();
  const socketPath = path.join(path.dirname(server.socketPath), "proxy.sock");
  isMute = false;
  proxy = net.createServer((client) => {
    const upstream = net.connect(server.socketPath);
    client.pipe(upstream);
    upstream.on("data", (chunk) => isMute || client.write(chunk));
    upstream.on("error", () => undefined).on("close", () => client.destroy());
    client.on("error", () => upstream.destroy());
  });
  proxy.listen(socketPath);
  await once(proxy, "listening");
  connection = openWorkerConnection({ address: { socketPath }, telemetry: silentTelemetry() });
});
afterEach(async () => {
  connection.disconnect();
  proxy.close();
  await server.stop();
});

/** A listener that has heard its first announcement, and the connection that it made. */
async function openListener() {
  const duplicate = vi.spyOn(connection, "duplicate");
  let heard = 0;
  const onCancel = () => (heard += 1);
  const listener = listenForCancel({ redis: connection, onCancel, onError: () => undefined });
  /** Announces until it is heard of. */
  const hears = async () => {
    const before = heard;
    await eventually(async () => {
      await announceCancel(connection, "intent");
      return heard > before || undefined;
    });
  };
  await hears();
  return { listener, subscriber: duplicate.mock.results[0]!.value as Redis, hears };
}

test("an announcement is heard after Redis has restarted, too", async () => {
  const { listener, hears } = await openListener();
  await server.kill();
  await server.start();
  await hears();
  listener.close();
});

test("a listener that is closed before a restarted Redis has answered it leaves no rejection behind", async () => {
  const unhandled: unknown[] = [];
  const collect = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", collect);
  const { listener, subscriber } = await openListener();
  await server.kill();
  subscriber.once("ready", () => {
    isMute = true;
    listener.close();
  });
  // Not `once`, which takes each try that Redis does not answer for a failure of its own.
  const ended = new Promise<void>((resolve) => void subscriber.once("end", () => resolve()));
  await server.start();
  await ended;
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", collect);
  expect(unhandled).toEqual([]);
});
