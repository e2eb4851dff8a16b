import { setTimeout as pause } from "node:timers/promises";
import { armFailpoints } from "../../lib/storage/failpoint.ts";

/** Loaded before a program of a lake: arms the failpoints that a message of the test names, and says that it has. */
process.on("message", async (failpoints: string) => {
  // A start arms what the environment names, and ends by listening for the signal to stop.
  while (process.listenerCount("SIGTERM") === 0) await pause(10);
  armFailpoints(failpoints);
  process.send?.("armed");
});
