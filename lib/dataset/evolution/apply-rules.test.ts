import { describe, expect, test } from "vitest";
import type { Column } from "../column.ts";
import { applyRules, nameAfter } from "./apply-rules.ts";
import type { MigrationRule } from "./evolution.ts";
import { evolveFile } from "./evolve-file.ts";

const columns: Column[] = [
  { name: "id", type: "bigint" },
  { name: "mail", type: "varchar" },
  { name: "old", type: "double" },
];
const file = { key: "f", columns };

describe("applyRules", () => {
  test("renames, casts, adds and drops", () => {
    const rules: MigrationRule[] = [
      { kind: "rename", from: "MAIL", to: "email" },
      { kind: "cast", column: "id", to: "varchar" },
      { kind: "default", column: "country", value: "DE" },
      { kind: "drop", column: "old" },
    ];
    expect(applyRules(columns, rules)).toEqual([
      { name: "id", type: "varchar" },
      { name: "email", type: "varchar" },
      { name: "country", type: "varchar" },
    ]);
    expect(["id", "mail", "old"].map((name) => nameAfter(rules, name))).toEqual(["id", "email", undefined]);
  });

  test("a column that takes the name of another one becomes one with it, of a type that shows both", () => {
    expect(applyRules(columns, [{ kind: "rename", from: "id", to: "old" }])).toEqual([
      { name: "mail", type: "varchar" },
      { name: "old", type: "double" },
    ]);
  });

  test.each<[MigrationRule, string]>([
    [{ kind: "rename", from: "none", to: "x" }, "rules.0.from"],
    [{ kind: "cast", column: "none", to: "date" }, "rules.0.column"],
    [{ kind: "cast", column: "id", to: "decimal", detail: "DECIMAL(99,2)" }, "rules.0.detail"],
    [{ kind: "cast", column: "id", to: "date", detail: "x" }, "rules.0.detail"],
    [{ kind: "drop", column: "none" }, "rules.0.column"],
    [{ kind: "default", column: "id", value: 1, type: "varchar" }, "rules.0.type"],
  ])("%j is refused with its place", (rule, field) => {
    expect(() => applyRules(columns, [rule])).toThrow(expect.objectContaining({ kind: "invalid", field }));
  });

  test("a dataset keeps a column", () => {
    const all = columns.map(({ name }): MigrationRule => ({ kind: "drop", column: name }));
    expect(() => applyRules(columns, all)).toThrow(expect.objectContaining({ type: "evolution-invalid" }));
  });
});

describe("evolveFile", () => {
  test("says where a file has the columns, and nothing of those that are as they were", () => {
    expect(evolveFile(file, [{ kind: "rename", from: "mail", to: "email" }])).toEqual([
      { column: "mail", from: null },
      { column: "email", from: "mail" },
    ]);
    expect(evolveFile(file, [{ kind: "default", column: "new", value: null }])).toEqual([]);
  });

  test("a column that returns under its old name is the file's own again", () => {
    const evolved = evolveFile(file, [{ kind: "rename", from: "mail", to: "email" }]);
    const back = evolveFile({ ...file, evolved }, [{ kind: "rename", from: "email", to: "mail" }]);
    expect(back).toEqual([]);
  });

  test("two columns of the same rows are never made one", () => {
    expect(() => evolveFile(file, [{ kind: "rename", from: "mail", to: "old" }])).toThrow(
      expect.objectContaining({ kind: "conflict", type: "evolution-conflict" }),
    );
  });
});
