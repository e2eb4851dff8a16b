import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { ensurePackages, findHeaders, forgetPackages } from "./ensure-packages.mjs";
import { ensureCompilers } from "./ensure-program.mjs";
import { runQuietly } from "./run-quietly.mjs";

const addonFolder = (project) => path.join(project.root, "node_modules", "hnswlib-node");

/**
 * Removes a build of hnswlib-node that does not work under the project's Node. Debian's npm links addons with its own
 * libnode: a second, older engine in the process, which crashes it. Without a build the engine counts as not installed.
 */
export async function dropBrokenAddon(project) {
  if (existsSync(addonFolder(project)) && !(await addonWorks(project))) {
    rmSync(path.join(addonFolder(project), "build"), { recursive: true, force: true });
  }
}

/** Builds hnswlib-node where it is missing: it has no prebuilt addon, and npm drops it silently without a compiler. */
export async function ensureAddon(project) {
  if (await addonWorks(project)) return;
  if (!(await ensureCompilers())) return;
  if (!existsSync(addonFolder(project))) {
    forgetPackages(project.root);
    await ensurePackages(project.root);
  }
  if (await addonWorks(project)) return;
  const { output } = await compileAddon(project);
  if (!(await addonWorks(project)))
    console.log(`hnswlib-node could not be built; its tests will fail.\n${output}`);
}

/** A process of its own, because a wrong build ends the process that loads it. */
async function addonWorks({ root, node }) {
  const { code } = await runQuietly(node, ["--eval", "require('hnswlib-node')"], { cwd: root });
  return code === 0;
}

/** One source file over Node's stable C interface, which any Node's headers describe and which needs no linking. */
async function compileAddon(project) {
  const folder = addonFolder(project);
  const output = path.join(folder, "build", "Release", "addon.node");
  const headers = await findHeaders(process.env);
  if (headers === undefined) return { output: "The headers of Node are not installed." };
  mkdirSync(path.dirname(output), { recursive: true });
  return await runQuietly("g++", [
    ...[
      "-shared",
      "-fPIC",
      "-O3",
      "-std=c++17",
      "-DNAPI_DISABLE_CPP_EXCEPTIONS",
      "-DNODE_GYP_MODULE_NAME=addon",
    ],
    ...["-I", headers, "-I", path.join(project.root, "node_modules", "node-addon-api")],
    path.join(folder, "src", "addon.cc"),
    ...["-o", output],
  ]);
}
