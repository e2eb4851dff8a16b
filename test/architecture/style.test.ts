import { describe, expect, test } from "vitest";
import { listFiles, type RepositoryFile, readLines } from "./repository-files.ts";

const sourceFolders = ["apps", "workers", "queues", "lib", "config", "test", "bench", "examples"];
const sources = listFiles({ folders: sourceFolders, endings: [".ts", ".mjs", ".cjs"] }).map(readLines);
// This file and its fixtures have to name what they forbid.
const judged = sources.filter(({ path }) => !path.startsWith("test/architecture/"));

interface LineRule {
  name: string;
  pattern: RegExp;
  /** Where the line may stand all the same. */
  allowed: (path: string) => boolean;
  example: string;
}

const never = () => false;
const isTest = (path: string) => path.startsWith("test/") || /\.(test|conformance)\.ts$/.test(path);

const lineRules: LineRule[] = [
  {
    name: "the environment is read in config only",
    pattern: /\bprocess\.env\b/,
    allowed: (path) =>
      path === "config/schema.ts" ||
      isTest(path) ||
      /^(bench|apps\/fleet\/bootstrap|apps\/cli\/bin)[./]/.test(path),
    example: "const port = process.env.PORT;",
  },
  {
    name: "the queue engine is imported in lib/jobs and by the board only",
    pattern: /from "bullmq"|import\("bullmq"\)/,
    allowed: (path) =>
      path.startsWith("lib/jobs/") ||
      path === "apps/api/board.ts" ||
      isTest(path) ||
      path.startsWith("bench/"),
    example: 'import { Worker } from "bullmq";',
  },
  {
    name: "nothing is left to do later",
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/,
    allowed: never,
    example: "// TODO: bound this",
  },
  {
    name: "no error is swallowed",
    pattern:
      /catch\s*(\([^)]*\))?\s*\{\s*\}|\.catch\(\s*\(?[\w\s]*\)?\s*=>\s*(null|undefined|\{\s*\}|void 0)\s*\)/,
    allowed: never,
    example: "await store.delete(key).catch(() => null);",
  },
  {
    name: "no comment is a banner",
    pattern: /^\s*(\/\/|\/?\*)\s*([-=*#~_─━]{4,})/,
    allowed: never,
    example: "// ---- helpers ----",
  },
  {
    name: "nothing is exported as default",
    pattern: /^export default\b/,
    allowed: (path) => path === "vitest.config.ts",
    example: "export default function run() {}",
  },
];

function offences(rule: LineRule, files: RepositoryFile[]): string[] {
  return files
    .filter(({ path }) => !rule.allowed(path))
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        rule.pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
      ),
    );
}

describe("the style of every source file", () => {
  test("there are files to judge", () => {
    expect(judged.length).toBeGreaterThan(50);
  });

  test.each(lineRules.map((rule) => [rule.name, rule] as const))("%s", (_, rule) => {
    expect(offences(rule, [{ path: "lib/search/planted.ts", lines: [rule.example] }])).toHaveLength(1);
    expect(offences(rule, judged)).toEqual([]);
  });

  test("no file is longer than 300 lines, tests not longer than 600", () => {
    const long = judged.filter(({ path, lines }) => lines.length > (isTest(path) ? 600 : 300));
    expect(long.map(({ path, lines }) => `${path}: ${lines.length} lines`)).toEqual([]);
  });

  test("half of the files are shorter than 80 lines", () => {
    const lengths = judged.map(({ lines }) => lines.length).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(80);
  });

  test("names say what they are for", () => {
    const banned =
      /(^|\/)(utils?|helpers?|common|base|managers?|misc)([.-][^/]*)?(\/|$)|(^|\/)index\.[a-z]+$/;
    for (const name of ["lib/storage/utils.ts", "lib/common/key.ts", "lib/index.ts"])
      expect(banned.test(name)).toBe(true);
    expect(judged.map(({ path }) => path).filter((path) => banned.test(path))).toEqual([]);
  });

  test("file names are kebab-case", () => {
    const odd = judged
      .map(({ path }) => path.split("/").at(-1) ?? "")
      .filter((name) => !/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(name));
    expect(odd).toEqual([]);
  });
});
