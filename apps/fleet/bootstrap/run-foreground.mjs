import { spawn } from "node:child_process";
import os from "node:os";

/**
 * Runs the project's Node on the given arguments in this terminal and gives its exit code. SIGINT, SIGTERM and SIGHUP
 * go on to it; this process stays until the child has left.
 */
export function runForeground(project, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(project.node, options.arguments, {
      cwd: project.root,
      env: { ...project.environment, ...options.environment },
      stdio: options.channel ? ["inherit", "inherit", "inherit", "ipc"] : "inherit",
    });
    const forward = (signal) => child.kill(signal);
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, forward);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(code ?? 128 + (os.constants.signals[signal] ?? 0));
    });
  });
}
