import { existsSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { listFiles, readLines, repositoryRoot } from "./repository-files.ts";

const roots = "apps|workers|queues|lib|config|test|docs|examples|bench";
const rootFiles = "README\\.md|package\\.json|docker-compose\\.yml|turbo\\.json|biome\\.json";
const reference = new RegExp(`\`((?:${roots})/[\\w./@-]+|${rootFiles})(?::\\d+)?\``, "g");
const link = /\]\((?!https?:|mailto:|#)([^)#\s]+)/g;

/** Path-like words in code quotes, and links, that lead to nothing in this repository. */
function deadReferences(page: { path: string; lines: string[] }): string[] {
  return page.lines.flatMap((line, index) => {
    const quoted = [...line.matchAll(reference)].map((match) => (match[1] ?? "").replace(/[./]+$/, ""));
    const linked = [...line.matchAll(link)].map((match) =>
      path.join(path.dirname(page.path), match[1] ?? ""),
    );
    return [...quoted, ...linked]
      .filter((name) => !existsSync(path.join(repositoryRoot, name)))
      .map((name) => `${page.path}:${index + 1}: ${name}`);
  });
}

test("a reference to a file that is not there is found", () => {
  const lines = ["See `lib/nowhere/gone.ts`, `lib/errors/domain-error.ts` and [this](decisions/none.md)."];
  expect(deadReferences({ path: "docs/page.md", lines })).toEqual([
    "docs/page.md:1: lib/nowhere/gone.ts",
    "docs/page.md:1: docs/decisions/none.md",
  ]);
});

test("every path that the documentation names exists", () => {
  const pages = listFiles({ folders: ["README.md", "docs"], endings: [".md"] }).map(readLines);
  expect(pages.flatMap(deadReferences)).toEqual([]);
});
