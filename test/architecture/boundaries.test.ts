import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { repositoryRoot } from "./repository-files.ts";

const Report = z.object({
  summary: z.object({
    totalCruised: z.int(),
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
  modules: z.array(z.object({ source: z.string() })),
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

type Files = Record<string, string>;

/** The files of one case, under names of their own: many cases stand in one tree, since a cruise takes seconds to start. */
function ownNames(files: Files, name: string): Files {
  const bases = Object.keys(files).map((file) => path.posix.basename(file));
  const rename = (text: string) =>
    bases.reduce((renamed, base) => renamed.replaceAll(`/${base}`, `/${name}-${base}`), text);
  return Object.fromEntries(Object.entries(files).map(([file, text]) => [rename(file), rename(text)]));
}

function plant(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
}

const value = "export const value = 1;\n";
const imports = (target: string) => `import { value } from "${target}";\nexport const copy = value;\n`;

const broken: [rule: string, files: Files][] = [
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
];

const kept: Files = {
  "lib/jobs/a.ts":
    'import { Queue } from "bullmq";\nimport { value } from "../storage/b.ts";\nexport const pair = [Queue, value];\n',
  "lib/storage/b.ts": imports("../errors/c.ts").replace("copy", "value2").concat("export { value };\n"),
  "lib/errors/c.ts": value,
};

describe("the dependency rule", () => {
  test("holds in this repository, and its check sees the modules", () => {
    const { summary, modules } = cruise(repositoryRoot, ["apps", "workers", "queues", "lib", "config"]);
    const lines = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
    expect(lines).toEqual([]);
    const ours = modules.filter(({ source }) => !source.includes("node_modules") && source.endsWith(".ts"));
    expect(ours.length).toBeGreaterThan(50);
  });

  describe("over planted trees", () => {
    let folder: string;
    let violations: { rule: string; from: string }[];

    beforeAll(() => {
      folder = mkdtempSync(path.join(os.tmpdir(), "lakefleet-boundaries-"));
      symlinkSync(path.join(repositoryRoot, "node_modules"), path.join(folder, "node_modules"));
      for (const [rule, files] of broken) plant(folder, ownNames(files, rule));
      plant(folder, ownNames(kept, "kept"));
      const { summary } = cruise(folder, ["apps", "workers", "queues", "lib", "config"]);
      violations = summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
    });

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const found = (name: string) =>
      violations
        .filter(({ from }) => path.posix.basename(from).startsWith(`${name}-`))
        .map(({ rule }) => rule);

    test.each(broken)("%s is broken by what breaks it", (rule) => {
      expect(found(rule)).toContain(rule);
    });

    test("lets a planted tree pass that keeps to it", () => {
      expect(found("kept")).toEqual([]);
    });
  });
});
