import { describe, expect, test } from "vitest";
import type { Column } from "../column.ts";
import { assertContract, assertKnownColumns } from "./check-contract.ts";
import { compilePatterns } from "./compile-patterns.ts";
import { RowContract } from "./row-contract.ts";

const contract = (...columns: object[]) => RowContract.parse({ columns });

describe("a contract that makes no sense is refused with its field", () => {
  test.each([
    [{ name: "a", type: "bigint", min: 5, max: 1 }, "contract.columns.0.min"],
    [{ name: "a", type: "date", min: "2024-02-01", max: "2024-01-01" }, "contract.columns.0.min"],
    [{ name: "a", type: "date", min: "2024-02-30" }, "contract.columns.0.min"],
    [{ name: "a", type: "time", max: "25:00" }, "contract.columns.0.max"],
    [{ name: "a", type: "date", max: 7 }, "contract.columns.0.max"],
    [{ name: "a", min: "2024-01-01" }, "contract.columns.0.min"],
    [{ name: "a", type: "boolean", max: 1 }, "contract.columns.0.max"],
    [{ name: "a", length: { min: 9, max: 2 } }, "contract.columns.0.length.min"],
  ])("%j", (rule, field) => {
    expect(() => assertContract(contract(rule))).toThrow(
      expect.objectContaining({ kind: "invalid", type: "contract-invalid", field }),
    );
  });

  test("a column that is there twice, whatever its case", () => {
    expect(() => assertContract(contract({ name: "Id" }, { name: "iD" }))).toThrow(
      expect.objectContaining({ field: "contract.columns.1.name" }),
    );
  });

  test("a column that the dataset has not, in a rule or in the key", () => {
    const columns: Column[] = [{ name: "a", type: "bigint" }];
    expect(() => assertKnownColumns(contract({ name: "b" }), columns)).toThrow(
      expect.objectContaining({ field: "contract.columns.0.name", remedy: "The columns are: a." }),
    );
    expect(() => assertKnownColumns(RowContract.parse({ unique: ["A", "b"] }), columns)).toThrow(
      expect.objectContaining({ field: "contract.unique.1" }),
    );
  });

  test.each(["(", "a{2000}", "(?=look)", "(a)\\1", "[z-a]"])("the pattern %s", async (pattern) => {
    await expect(compilePatterns(contract({ name: "x" }, { name: "a", pattern }))).rejects.toMatchObject({
      kind: "invalid",
      type: "contract-invalid",
      field: "contract.columns.1.pattern",
    });
  });
});

test("one that makes sense passes", async () => {
  const good = contract(
    { name: "a", type: "bigint", min: 1, max: 1 },
    { name: "b", type: "timestamp", min: "2024-01-01", max: "2024-01-01T10:00:00" },
    { name: "c", type: "varchar", min: "a", pattern: "[A-Z]{2}'\\d+" },
    { name: "d", min: 0.5 },
  );
  assertContract(good);
  await expect(compilePatterns(good)).resolves.toBeUndefined();
});
