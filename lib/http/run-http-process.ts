import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { listen } from "./listen.ts";

/** Open requests end within this, an upload excepted, and that the client repeats. */
const graceMs = 8_000;

/** Serves until SIGTERM or SIGINT, then ends open requests, closes the resources and exits 0. */
export async function runHttpProcess(options: {
  app: OpenAPIHono;
  configuration: { host: string; port: number };
  telemetry: Telemetry;
  close: () => Promise<void>;
}): Promise<void> {
  const { app, configuration, telemetry } = options;
  const listening = await listen({ app, host: configuration.host, port: configuration.port });
  telemetry.log.info({ port: listening.port }, "listening");
  await stopRequested();
  await listening.close(graceMs);
  await options.close();
  process.exit(0);
}

function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
}
