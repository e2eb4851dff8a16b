import { spawn } from "node:child_process";

export interface Watchdog {
  /** From now on this process dies when the launcher does. */
  guard(pid: number): void;
  /** The process is gone by itself. */
  dismiss(): void;
}

// A line after the pid ends the watch; the end of the pipe without one means that the launcher is gone.
const script = 'read -r pid || exit 0; read -r word && exit 0; kill -KILL "$pid" 2>/dev/null';

/**
 * Starts a shell that waits on a pipe from this process. The kernel closes the pipe however the launcher ends, also by
 * `kill -9`, and the shell then kills the guarded process: Redis itself knows nothing of a parent.
 */
export function startWatchdog(): Watchdog {
  const shell = spawn("sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  // The shell may be gone already when it is told; the guarded process is then gone or about to be.
  shell.stdin.on("error", () => shell.unref());
  shell.unref();
  return {
    guard: (pid) => void shell.stdin.write(`${pid}\n`),
    dismiss: () => void shell.stdin.end("done\n"),
  };
}
