import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Phase, RowMeasurement } from "./measurement.ts";
import type { Workload } from "./workload.ts";

export type PhaseOrder =
  | { phase: "prepare"; workload: Workload }
  | { phase: Phase; row: string; folder: string; workload: Workload };

/** Runs one phase in a process of its own, so that its memory is nobody else's. */
export async function runPhase(order: PhaseOrder): Promise<Partial<RowMeasurement>> {
  const program = path.join(import.meta.dirname, "phase-child.ts");
  const child = fork(program, [JSON.stringify(order)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  let answer: Partial<RowMeasurement> | undefined;
  child.on("message", (message: Partial<RowMeasurement>) => {
    answer = message;
  });
  const [code, signal] = await once(child, "exit");
  if (answer === undefined) throw new Error(`${JSON.stringify(order)} ended with ${code ?? signal}`);
  return answer;
}
