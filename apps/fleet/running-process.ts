import type { ChildProcess } from "node:child_process";
import type { RotatingLog } from "./rotating-log.ts";

/** How a process ended, with the line of its last output that most likely says why. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  lastWord: string;
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
  let tail = "";
  const take = (chunk: Uint8Array) => {
    output.log.write(chunk);
    if (output.show) process.stderr.write(chunk);
    tail = (tail + Buffer.from(chunk).toString("utf8")).slice(-tailCharactersMax);
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  const exited = new Promise<Exit>((resolve) => {
    child.once("error", (error) => resolve({ code: null, signal: null, lastWord: error.message }));
    // `close` comes after the output has been read; a grandchild that holds the pipe must not delay it for ever.
    child.once("exit", (code, signal) => {
      const timer = setTimeout(() => resolve({ code, signal, lastWord: lastWordOf(tail) }), 1_000);
      child.once("close", () => {
        clearTimeout(timer);
        resolve({ code, signal, lastWord: lastWordOf(tail) });
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

// The stack of an uncaught error and a few lines of log.
const tailCharactersMax = 8_192;
const shownCharactersMax = 300;

/** An uncaught error is followed by its stack and by Node's version, so its own line comes before the last one. */
function lastWordOf(tail: string): string {
  const lines = tail.trimEnd().split("\n");
  const line = lines.findLast((text) => /^\w*(Error|Exception)\b/.test(text)) ?? lines.at(-1) ?? "";
  return line.slice(0, shownCharactersMax);
}
