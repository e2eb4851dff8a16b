import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { admitRows } from "@lakefleet/lib/dataset/contract/admit-rows.ts";
import { type ColumnRule, RowContract } from "@lakefleet/lib/dataset/contract/row-contract.ts";
import type { Column } from "@lakefleet/lib/dataset/dataset-version.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { stageRows } from "../support/stage-rows.ts";

const columns: Column[] = [
  { name: "text", type: "varchar" },
  { name: "count", type: "bigint" },
  { name: "ratio", type: "double" },
];
type Row = [text: string | null, count: number | null, ratio: number | null];

const rowArbitrary: fc.Arbitrary<Row> = fc.tuple(
  fc.constantFrom(
    null,
    "",
    "a",
    "abc",
    "ä",
    "12",
    "-3",
    "1.5",
    "1e3",
    "1_000",
    " 7",
    "2024-02-29",
    "2023-02-29",
    "true",
    "A'B",
  ),
  fc.constantFrom(null, -2, 0, 1, 12),
  fc.constantFrom(null, -1.5, 0, 1, 2.25),
);

const numberRule = {
  min: fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined }),
  max: fc.option(fc.integer({ min: 4, max: 12 }), { nil: undefined }),
};
const ruleArbitrary = (name: string): fc.Arbitrary<ColumnRule> =>
  fc
    .oneof(
      fc.record({ nullable: fc.boolean() }),
      fc.record({
        type: fc.constantFrom("bigint" as const, "double" as const, "date" as const, "boolean" as const),
      }),
      fc.record(numberRule),
      fc.record({
        length: fc.record({ min: fc.integer({ min: 0, max: 2 }), max: fc.integer({ min: 2, max: 4 }) }),
      }),
      fc.record({ pattern: fc.constantFrom("[a-z]*", "\\d+", "-?\\d+(\\.\\d+)?", "A'.*") }),
      fc.record({ enum: fc.constantFrom(["a", "12"], [1, 12], ["abc", 0]) }),
    )
    .map((rule) => ({ name, ...rule }) as ColumnRule);

const contractArbitrary = fc
  .tuple(
    fc.subarray(["text", "count", "ratio"]).chain((names) => fc.tuple(...names.map(ruleArbitrary))),
    fc.constantFrom(undefined, ["count"], ["text", "count"]),
  )
  .map(([rules, unique]) =>
    RowContract.parse({ columns: rules, ...(unique === undefined ? {} : { unique }) }),
  );

test("the rows that the engine refuses are those that break the contract read plainly, and the others come in unchanged", async () => {
  const root = await mkdtemp(path.join(tmpdir(), "lakefleet-contract-"));
  const store = await openLocalStore({ name: "test", root });
  try {
    await fc.assert(
      fc.asyncProperty(
        contractArbitrary,
        fc.array(rowArbitrary, { minLength: 1, maxLength: 25 }),
        async (contract, rows) => {
          const staged = await stageRows(store, columns, rows);
          const admitted = await admitRows({
            store,
            contract,
            isNew: true,
            staged,
            current: undefined,
            mode: "append",
            key: undefined,
            drift: undefined,
            onError: "skip",
            scratch: await store.scratch(),
            memoryMib: 128,
          });
          const broken = brokenRows(contract, rows);
          expect(await refusedRows(admitted?.rejects?.path)).toEqual(broken);
          expect(admitted?.rowCount ?? rows.length).toBe(rows.length - broken.length);
        },
      ),
      { numRuns: 60 },
    );
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

async function refusedRows(file: string | undefined): Promise<number[]> {
  if (file === undefined) return [];
  const lines = (await readFile(file, "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line).row as number);
}

/** The contract read row by row, without the engine. */
function brokenRows(contract: RowContract, rows: readonly Row[]): number[] {
  const own = rows.map((row) => contract.columns.some((rule) => breaks(rule, cellOf(row, rule.name))));
  const seen = new Set<string>();
  const doubled = new Set<number>();
  const order = [...rows.keys()].sort(
    (left, right) => Number(own[left]) - Number(own[right]) || left - right,
  );
  for (const at of order) {
    const values = (contract.unique ?? []).map((name) => cellOf(rows[at]!, name));
    if (values.length === 0 || values.includes(null)) continue;
    const key = JSON.stringify(values);
    if (seen.has(key)) doubled.add(at);
    seen.add(key);
  }
  return [...rows.keys()].filter((at) => own[at] === true || doubled.has(at)).map((at) => at + 1);
}

function cellOf(row: Row, name: string): string | number | null {
  return row[columns.findIndex((column) => column.name === name)] ?? null;
}

function breaks(rule: ColumnRule, value: string | number | null): boolean {
  if (value === null) return rule.nullable === false;
  const isRatio = rule.name === "ratio";
  const text = isRatio && Number.isInteger(value) ? `${value}.0` : String(value);
  const number = typeof value === "number" ? value : numberIn(value);
  const { type, min, max, length, pattern, enum: allowed } = rule;
  return (
    (type !== undefined && !isOfType(type, value, text)) ||
    (typeof min === "number" && !(number !== undefined && number >= min)) ||
    (typeof max === "number" && !(number !== undefined && number <= max)) ||
    (length?.min !== undefined && [...text].length < length.min) ||
    (length?.max !== undefined && [...text].length > length.max) ||
    (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, "u").test(text)) ||
    (allowed !== undefined &&
      !allowed.some((one) => (typeof one === "string" ? one === text : one === number)))
  );
}

function numberIn(text: string): number | undefined {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,4})?$/i.test(text) ? Number(text) : undefined;
}

function isOfType(type: string, value: string | number, text: string): boolean {
  switch (type) {
    case "bigint":
      return typeof value === "number" ? Number.isInteger(value) : /^[+-]?\d{1,19}$/.test(text);
    case "double":
      return typeof value === "number" || numberIn(text) !== undefined;
    case "date": {
      const date = new Date(`${text}T00:00:00Z`);
      return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === text;
    }
    default:
      return /^(true|false|t|f|1|0)$/i.test(text);
  }
}
