import { existsSync } from "node:fs";
import path from "node:path";
import { capture } from "./run-quietly.mjs";

const majorMin = 24;

/**
 * The Node that runs the project, and the environment in which it does: the npm package `node`, else the one that runs
 * this, if it is new enough. Its folder comes first on the PATH, so that every tool finds the same one.
 */
export async function projectNode(root) {
  const bin = path.join(root, "node_modules", ".bin");
  const pinned = path.join(bin, "node");
  const node = existsSync(pinned) ? pinned : process.execPath;
  const version = (await capture(node, ["--version"])).trim();
  if (Number(/^v(\d+)\./.exec(version)?.[1]) < majorMin) {
    throw new Error(
      `Node ${majorMin} is missing: ${node} is ${version}. The npm package "node" brings it with an install script; run "npm rebuild node", or put a newer Node on the PATH.`,
    );
  }
  const environment = {
    ...process.env,
    PATH: `${bin}${path.delimiter}${process.env.PATH ?? ""}`,
    // Stripping the types of a worker's modules and compiling them takes half of the second in which it starts.
    NODE_COMPILE_CACHE:
      process.env.NODE_COMPILE_CACHE ?? path.join(root, "node_modules", ".cache", "lakefleet"),
    // No tool of this project reports to anyone.
    TURBO_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
  };
  return { root, node, environment };
}
