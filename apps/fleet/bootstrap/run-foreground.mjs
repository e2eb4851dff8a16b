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
    const watch = watchNpm(() => child.kill("SIGTERM"));
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, forward);
      resolve(code ?? 128 + (os.constants.signals[signal] ?? 0));
    });
  });
}

/**
 * A shell between npm and this process may die of the signal that it was to pass on, and npm with it. Who started this
 * through npm and sees npm gone takes the work to be gone too.
 */
function watchNpm(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, 500);
  return timer;
}
