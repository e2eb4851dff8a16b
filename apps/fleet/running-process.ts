import type { ChildProcess } from "node:child_process";
import type { RotatingLog } from "./rotating-log.ts";

/** How a process ended, with the last line it wrote, which most often says why. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  lastLine: string;
}

/** A child process that has been started. `exited` never rejects: a program that cannot start has exited too. */
export interface RunningProcess {
  readonly pid: number | undefined;
  readonly exited: Promise<Exit>;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL where the process is still there after `graceMs`. */
  stop(graceMs: number): Promise<Exit>;
}

export interface Output {
  log: RotatingLog;
  /** Whether what the process writes also goes to the launcher's stderr. */
  show: boolean;
}

/** Takes over a spawned child: its output goes to the log, its end becomes a promise. */
export function superviseChild(child: ChildProcess, output: Output): RunningProcess {
  let lastLine = "";
  const take = (chunk: Uint8Array) => {
    output.log.write(chunk);
    if (output.show) process.stderr.write(chunk);
    lastLine = lastLineOf(Buffer.from(chunk).toString("utf8")) ?? lastLine;
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  const exited = new Promise<Exit>((resolve) => {
    child.once("error", (error) => resolve({ code: null, signal: null, lastLine: error.message }));
    // `close` comes after the output has been read; a grandchild that holds the pipe must not delay it for ever.
    child.once("exit", (code, signal) => {
      const timer = setTimeout(() => resolve({ code, signal, lastLine }), 1_000);
      child.once("close", () => {
        clearTimeout(timer);
        resolve({ code, signal, lastLine });
      });
    });
  });
  return {
    pid: child.pid,
    exited,
    signal: (name) => void child.kill(name),
    stop(graceMs) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      return exited.finally(() => clearTimeout(timer));
    },
  };
}

// Enough of a line to see what it says; a log line may be a whole stack in JSON.
const shownCharactersMax = 300;

function lastLineOf(text: string): string | undefined {
  return text.trimEnd().split("\n").at(-1)?.slice(0, shownCharactersMax);
}
