import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { repositoryRoot } from "./repository-files.ts";

const Report = z.object({
  summary: z.object({
    totalCruised: z.int(),
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
  modules: z.array(z.object({ source: z.string() })),
});

const temporary: string[] = [];

afterEach(() => {
  for (const folder of temporary.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function cruise(folder: string, sources: string[]) {
  const program = path.join(repositoryRoot, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const rules = path.join(repositoryRoot, "config/dependency-cruiser.cjs");
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [program, "--config", rules, "--output-type", "json", ...sources],
    { cwd: folder, encoding: "utf8", maxBuffer: 256 * 1024 * 1024 },
  );
  if (stdout === "") throw new Error(stderr);
  return Report.parse(JSON.parse(stdout));
}

/** Cruises a small tree of its own: path → source text. */
function cruisePlanted(files: Record<string, string>) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "lakefleet-boundaries-"));
  temporary.push(folder);
  symlinkSync(path.join(repositoryRoot, "node_modules"), path.join(folder, "node_modules"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  const sources = [...new Set(Object.keys(files).map((name) => name.split("/")[0] ?? ""))];
  return cruise(folder, sources).summary.violations.map(({ rule }) => rule.name);
}

const value = "export const value = 1;\n";
const imports = (target: string) => `import { value } from "${target}";\nexport const copy = value;\n`;

describe("the dependency rule", () => {
  test("holds in this repository, and its check sees the modules", () => {
    const { summary, modules } = cruise(repositoryRoot, ["apps", "workers", "queues", "lib", "config"]);
    const lines = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
    expect(lines).toEqual([]);
    const ours = modules.filter(({ source }) => !source.includes("node_modules") && source.endsWith(".ts"));
    expect(ours.length).toBeGreaterThan(50);
  });

  test.each<[rule: string, files: Record<string, string>]>([
    [
      "lib-storage-imports-lower-only",
      { "lib/storage/a.ts": imports("../dataset/b.ts"), "lib/dataset/b.ts": value },
    ],
    [
      "lib-dataset-imports-lower-only",
      {
        "lib/dataset/a.ts": 'import type { T } from "../extract/b.ts";\nexport type U = T;\n',
        "lib/extract/b.ts": "export type T = 1;\n",
      },
    ],
    ["lib-module-has-a-place", { "lib/novelty/a.ts": imports("../errors/b.ts"), "lib/errors/b.ts": value }],
    [
      "lib-imports-lib-queues-config",
      { "lib/errors/a.ts": imports("../../apps/api/b.ts"), "apps/api/b.ts": value },
    ],
    [
      "lib-below-jobs-knows-no-queues",
      { "lib/search/a.ts": imports("../../queues/b.ts"), "queues/b.ts": value },
    ],
    [
      "contracts-import-zod-only",
      { "queues/a.queue.ts": imports("../lib/errors/b.ts"), "lib/errors/b.ts": value },
    ],
    ["config-imports-zod-only", { "config/a.ts": imports("../queues/b.ts"), "queues/b.ts": value }],
    [
      "queue-engine-in-jobs-only",
      { "workers/embed/main.ts": 'import { Worker } from "bullmq";\nexport const worker = Worker;\n' },
    ],
    [
      "workers-import-lib-queues-config",
      { "workers/embed/main.ts": imports("../index/b.ts"), "workers/index/b.ts": value },
    ],
    ["apps-stand-alone", { "apps/cli/main.ts": imports("../api/b.ts"), "apps/api/b.ts": value }],
    [
      "serve-never-builds",
      {
        "apps/serve/main.ts": imports("../../lib/search/a.ts"),
        "lib/search/a.ts": 'export { value } from "../vector/build/b.ts";\n',
        "lib/vector/build/b.ts": value,
      },
    ],
    [
      "serve-needs-no-queue",
      {
        "apps/serve/main.ts": imports("../../lib/http/a.ts"),
        "lib/http/a.ts": 'export const load = () => import("../jobs/b.ts");\nexport const value = 1;\n',
        "lib/jobs/b.ts": value,
      },
    ],
    [
      "no-cycles",
      {
        "lib/errors/a.ts": 'import { b } from "./b.ts";\nexport const a = () => b;\n',
        "lib/errors/b.ts": 'import { a } from "./a.ts";\nexport const b = () => a;\n',
      },
    ],
    ["everything-resolves", { "lib/errors/a.ts": imports("./gone.ts") }],
  ])("%s is broken by what breaks it", (rule, files) => {
    expect(cruisePlanted(files)).toContain(rule);
  });

  test("lets a planted tree pass that keeps to it", () => {
    const kept = {
      "lib/jobs/a.ts":
        'import { Queue } from "bullmq";\nimport { value } from "../storage/b.ts";\nexport const pair = [Queue, value];\n',
      "lib/storage/b.ts": imports("../errors/c.ts").replace("copy", "value2").concat("export { value };\n"),
      "lib/errors/c.ts": value,
    };
    expect(cruisePlanted(kept)).toEqual([]);
  });
});
