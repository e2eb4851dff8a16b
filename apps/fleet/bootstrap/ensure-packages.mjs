import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { capture, runQuietly } from "./run-quietly.mjs";

/** The project's own; what npm chooses under it is what the project runs with. */
const nodeMajor = 24;

/**
 * Installs the npm packages where they are missing or belong to another package-lock.json. The marker is written last,
 * so an install that was cut off is done again and never passes for a whole one. Resolves with whether it installed.
 */
export async function ensurePackages(root) {
  const marker = path.join(root, "node_modules", ".lakefleet-installed");
  const lock = path.join(root, "package-lock.json");
  if (existsSync(marker) && readFileSync(marker, "utf8").trim() === digestOf(lock)) return false;
  const installs = !isInstalledByHand(root, lock);
  if (installs) {
    await installPackages(root);
    await completeUnderProjectNode(root);
  }
  // Read again: `npm install` may have mended the lock file.
  writeFileSync(marker, `${digestOf(lock)}\n`);
  return installs;
}

/** Else the ONNX runtime fetches libraries for a graphics card from another place, and where that fails it is left out in silence. */
const withoutCuda = { ONNXRUNTIME_NODE_INSTALL_CUDA: "skip" };

/** Forgets that the packages are there, so that the next `ensurePackages` installs them anew. */
export function forgetPackages(root) {
  rmSync(path.join(root, "node_modules", ".lakefleet-installed"), { force: true });
  rmSync(path.join(root, "node_modules", ".package-lock.json"), { force: true });
}

function digestOf(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** npm writes its own list as the last step of an install; one older than the lock file is of another state. */
function isInstalledByHand(root, lock) {
  const list = path.join(root, "node_modules", ".package-lock.json");
  return (
    existsSync(list) &&
    statSync(list).mtimeMs >= statSync(lock).mtimeMs &&
    existsSync(path.join(root, "node_modules", ".bin", "vitest"))
  );
}

async function installPackages(root) {
  console.log("Installing the npm packages; the first time this takes a minute or two.");
  const flags = ["--no-audit", "--no-fund", "--include=dev", "--include=optional"];
  const first = await runNpm(root, ["ci", ...flags]);
  if (first.code === 0) return;
  console.log("npm ci failed, trying npm install.");
  const second = await runNpm(root, ["install", ...flags]);
  if (second.code === 0) return;
  throw new Error(
    `The npm packages could not be installed.\n${first.output.trim()}\n\n${second.output.trim()}`,
  );
}

/**
 * An older npm leaves out, in silence, every optional package that does not support the Node it runs under, the native
 * parts of our tools among them. The project's own npm under the project's own Node adds them.
 */
async function completeUnderProjectNode(root) {
  const node = path.join(root, "node_modules", ".bin", "node");
  const npm = path.join(root, "node_modules", "npm", "bin", "npm-cli.js");
  const isOld = Number(process.versions.node.split(".")[0]) < nodeMajor;
  if (!isOld || !existsSync(node) || !existsSync(npm)) return;
  const flags = [
    "--no-audit",
    "--no-fund",
    "--include=dev",
    "--include=optional",
    "--ignore-scripts",
    "--no-save",
  ];
  const outcome = await runQuietly(node, [npm, "install", ...flags], { cwd: root, env: environmentOfNpm() });
  if (outcome.code !== 0)
    throw new Error(`The npm packages could not be completed.\n${outcome.output.trim()}`);
}

/**
 * npm runs under the Node that it came with and not under the one in `node_modules`, which it may be replacing. Where
 * that Node's headers are installed, addons are compiled against them and none are fetched.
 */
async function runNpm(root, parameters) {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const PATH = folders.filter((folder) => !folder.includes("node_modules")).join(path.delimiter);
  const headers = await findHeaders({ ...process.env, PATH });
  const env = {
    ...environmentOfNpm(),
    ...withoutCuda,
    PATH,
    ...(headers ? { npm_config_nodedir: path.resolve(headers, "../..") } : {}),
  };
  return await runQuietly("npm", parameters, { cwd: root, env });
}

/** Packages run scripts of their own when they are installed, and none of them needs a secret of ours. */
function environmentOfNpm() {
  const isSecret = (name) => name.startsWith("LAKEFLEET_SECRET_") || name === "LAKEFLEET_ADMIN_KEY";
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isSecret(name)));
}

/** `include/node` of the system's Node, where it is installed. */
export async function findHeaders(env) {
  const script = "require('path').resolve(process.execPath, '../../include/node')";
  const headers = (await capture("node", ["--print", script], { env })).trim();
  return [headers, "/usr/include/node"].find((folder) => existsSync(path.join(folder, "node_api.h")));
}
