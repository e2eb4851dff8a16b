import path from "node:path";
import { startPrivateRedis } from "../../apps/fleet/private-redis.ts";
import { openRotatingLog } from "../../apps/fleet/rotating-log.ts";

// Starts a private Redis, writes its process id, and stays until it is killed.
const [folder = "", socket = ""] = process.argv.slice(2);
const log = openRotatingLog({ file: path.join(folder, "..", "held.log") });
const running = await startPrivateRedis({
  program: "redis-server",
  folder,
  socket,
  output: { log, show: false },
  report: (line) => process.stderr.write(`${line}\n`),
});
process.stdout.write(`${running.pid}\n`);
await running.exited;
