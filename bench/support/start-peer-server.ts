import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const leaveWithParent = fileURLToPath(new URL("../../apps/fleet/leave-with-parent.ts", import.meta.url));

export interface PeerServer {
  url: string;
  pid: number;
  /** Of its own Redis, where it has one. */
  redisPid?: number;
  stop(): Promise<void>;
}

/** Starts a server to compare with in a process of its own: a program that prints its port. */
export async function startPeerServer(program: URL, parameters: readonly string[]): Promise<PeerServer> {
  const file = fileURLToPath(program);
  const child = spawn(process.execPath, ["--import", leaveWithParent, file, ...parameters], {
    // The channel is there to close: a bench that fails must not leave a server behind.
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  for await (const line of createInterface({ input: child.stdout! })) {
    const { port, ...printed } = JSON.parse(line) as { port: number; redisPid?: number };
    return {
      ...printed,
      url: `http://127.0.0.1:${port}`,
      pid: child.pid!,
      async stop() {
        child.kill("SIGTERM");
        if (child.exitCode === null) await once(child, "exit");
      },
    };
  }
  throw new Error(`${file} ended before it listened`);
}
