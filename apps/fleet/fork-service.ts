import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Output, type RunningProcess, superviseChild } from "./running-process.ts";

export interface Service {
  /** The main file, absolute. */
  file: string;
  parameters?: string[];
  /** Of the engine, before the file's name. */
  flags?: string[];
  environment: Record<string, string | undefined>;
  output: Output;
}

const leaveWithParent = fileURLToPath(new URL("./leave-with-parent.ts", import.meta.url));

/**
 * Starts one process of the fleet. It stands in a process group of its own, because Ctrl-C goes to the launcher's
 * whole group and would stop the workers before the launcher has told them to drain.
 */
export function forkService(service: Service): RunningProcess {
  const child = fork(service.file, service.parameters ?? [], {
    env: service.environment,
    execArgv: [
      "--disable-warning=ExperimentalWarning",
      ...(service.flags ?? []),
      "--import",
      leaveWithParent,
    ],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
  return superviseChild(child, service.output);
}
