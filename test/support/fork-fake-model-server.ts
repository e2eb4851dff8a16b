import { fork } from "node:child_process";
import { once } from "node:events";
import type { ModelCall } from "./fake-model-server/call-record.ts";
import type { FakeModelServerOptions } from "./fake-model-server.ts";

export interface ForkedModelServer {
  url: string;
  calls(): Promise<ModelCall[]>;
  /** Without warning, as a machine that goes. */
  kill(): Promise<void>;
}

const child = new URL("./fake-model-server/fake-model-child.ts", import.meta.url);

/** The same server in a process of its own, so that it shares neither an event loop nor memory with who asks it. */
export async function forkFakeModelServer(
  options: Omit<FakeModelServerOptions, "reply">,
): Promise<ForkedModelServer> {
  const server = fork(child, [JSON.stringify(options)], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const [{ url }] = await once(server, "message");
  return {
    url,
    async calls() {
      server.send("calls");
      const [{ calls }] = await once(server, "message");
      return calls;
    },
    async kill() {
      const exit = once(server, "exit");
      server.kill("SIGKILL");
      await exit;
    },
  };
}
