#!/usr/bin/env node
// Runs the command under the project's own Node, whichever one is on the PATH.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import module from "node:module";
import os from "node:os";
import { fileURLToPath } from "node:url";

const root = new URL("../../../", import.meta.url);
const pinned = fileURLToPath(new URL("node_modules/.bin/node", root));
const main = new URL("apps/cli/main.ts", root);
const compileCache = fileURLToPath(new URL("node_modules/.cache/lakefleet", root));

if (!existsSync(pinned)) {
  console.error(
    "lakefleet: the npm packages are not installed; run `npm start` or `npm ci` in the project first.",
  );
  process.exit(2);
}
if (process.version === `v${pinnedVersion()}`) {
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE ?? compileCache);
  await import(main);
} else {
  runUnderPinned();
}

function pinnedVersion() {
  return JSON.parse(readFileSync(new URL("node_modules/node/package.json", root), "utf8")).version;
}

function runUnderPinned() {
  const child = spawn(
    pinned,
    ["--disable-warning=ExperimentalWarning", fileURLToPath(main), ...process.argv.slice(2)],
    { env: { NODE_COMPILE_CACHE: compileCache, ...process.env }, stdio: "inherit" },
  );
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => {
    console.error(`lakefleet: ${error.message}`);
    process.exit(1);
  });
  child.once("exit", (code, signal) => process.exit(code ?? 128 + (os.constants.signals[signal] ?? 0)));
}
