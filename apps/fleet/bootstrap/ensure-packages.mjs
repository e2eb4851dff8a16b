import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runQuietly } from "./run-quietly.mjs";

/**
 * Installs the npm packages where they are missing or belong to another package-lock.json. The marker is written last,
 * so an install that was cut off is done again and never passes for a whole one.
 */
export async function ensurePackages(root) {
  const marker = path.join(root, "node_modules", ".lakefleet-installed");
  const lock = path.join(root, "package-lock.json");
  const digest = createHash("sha256").update(readFileSync(lock)).digest("hex");
  if (existsSync(marker) && readFileSync(marker, "utf8").trim() === digest) return;
  if (!isInstalledByHand(root, lock)) await installPackages(root);
  writeFileSync(marker, `${digest}\n`);
}

/** Forgets that the packages are there, so that the next `ensurePackages` installs them anew. */
export function forgetPackages(root) {
  rmSync(path.join(root, "node_modules", ".lakefleet-installed"), { force: true });
  rmSync(path.join(root, "node_modules", ".package-lock.json"), { force: true });
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

function runNpm(root, parameters) {
  // Under `npm start` this is the npm that runs us; otherwise the one on the PATH.
  const cli = process.env.npm_execpath;
  return cli?.endsWith(".js")
    ? runQuietly(process.execPath, [cli, ...parameters], { cwd: root })
    : runQuietly("npm", parameters, { cwd: root });
}
