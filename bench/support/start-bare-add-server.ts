import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./bare-add-server.ts", import.meta.url));

export interface BareAddServer {
  url: string;
  pid: number;
  redisPid: number;
  stop(): Promise<void>;
}

/** Starts the peer of the gateway's acceptance: an HTTP server of the same make whose one route adds one job. */
export async function startBareAddServer(folder: string): Promise<BareAddServer> {
  const child = spawn(process.execPath, [program, folder], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const { port, redisPid } = JSON.parse(line) as { port: number; redisPid: number };
    return {
      url: `http://127.0.0.1:${port}`,
      pid: child.pid!,
      redisPid,
      async stop() {
        child.kill("SIGTERM");
        if (child.exitCode === null) await once(child, "exit");
      },
    };
  }
  throw new Error("the bare server ended before it listened");
}
