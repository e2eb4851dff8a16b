import { createHttpApp } from "@lakefleet/lib/http/create-http-app.ts";
import { listen } from "@lakefleet/lib/http/listen.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { openBareQueue } from "./bare-queue.ts";

// A process of its own, as the gateway is: the least that takes a POST and adds one job. Prints its port and its Redis' pid.
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("bare-add-server needs a folder");
const queue = await openBareQueue(folder);
const app = createHttpApp({ telemetry: silentTelemetry() });
app.post("/add", async (context) => {
  await queue.add();
  return context.json({ job: { id: "bare", queue: "refresh" } }, 202);
});
const server = await listen({ app, host: "127.0.0.1", port: 0 });
process.stdout.write(`${JSON.stringify({ port: server.port, redisPid: queue.redisPid })}\n`);
process.once("SIGTERM", async () => {
  await server.close(0);
  await queue.close();
  process.exit(0);
});
