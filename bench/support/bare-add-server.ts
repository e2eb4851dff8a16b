import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { openBareQueue } from "./bare-queue.ts";

// A process of its own, as the gateway is: the least that takes a POST and adds one job. Prints its port and its pids.
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("bare-add-server needs a folder");
const queue = await openBareQueue(folder);
const app = new Hono();
app.post("/add", async (context) => {
  await queue.add();
  return context.json({ job: { id: "bare", queue: "refresh" } }, 202);
});
const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
  process.stdout.write(`${JSON.stringify({ port, redisPid: queue.redisPid })}\n`),
);
process.once("SIGTERM", async () => {
  server.close();
  await queue.close();
  process.exit(0);
});
