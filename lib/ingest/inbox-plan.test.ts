import { describe, expect, test } from "vitest";
import { datasetName, planInbox } from "./inbox-plan.ts";

function file(name: string) {
  return { name };
}

describe("planInbox", () => {
  test("makes each table a dataset of its own that the next version of the file replaces", () => {
    const [work] = planInbox([file("Sales 2024.csv")]);
    expect(work).toMatchObject({ kind: "file", request: { dataset: "sales-2024", mode: "replace" } });
  });

  test("makes the documents of a folder one piece of work, however deep they lie", () => {
    const work = planInbox([file("notes/a.md"), file("notes/deep/b.md"), file("other/c.txt")]);
    expect(work.map((one) => [one.kind, one.request.dataset])).toEqual([
      ["folder", "notes"],
      ["folder", "other"],
    ]);
  });

  test("upserts documents that lie in the inbox itself by their path", () => {
    expect(planInbox([file("letter.pdf")])).toMatchObject([
      { request: { dataset: "inbox", mode: "upsert", key: "path" } },
    ]);
  });
});

describe("datasetName", () => {
  test.each([
    ["Ärger & Co", "arger-co"],
    ["__x", "x"],
    ["日本", "unnamed"],
    ["a".repeat(100), "a".repeat(63)],
  ])("%s becomes %s", (text, name) => expect(datasetName(text)).toBe(name));
});
