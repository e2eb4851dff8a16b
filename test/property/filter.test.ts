import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRowStoreWriter } from "../../lib/generation/build/write-row-store.ts";
import type { MetadataColumn } from "../../lib/generation/format/row-store-layout.ts";
import { openRowStore, type SegmentRows } from "../../lib/generation/read/open-row-store.ts";
import { compileFilter } from "../../lib/search/compile-filter.ts";

type Value = string | number | boolean | null;
type Row = { name: string | null; size: number | null; ratio: number | null; open: boolean | null };
type Filter = Record<string, unknown>;

const columns: MetadataColumn[] = [
  { name: "name", type: "varchar" },
  { name: "size", type: "bigint" },
  { name: "ratio", type: "double" },
  { name: "open", type: "boolean" },
];
const texts = ["", "a", "A", "ab", "a%b", "a_b", "O'Hare", 'x"y', "é", "a\\b", "日本"];
const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  name: fc.option(fc.constantFrom(...texts)),
  size: fc.option(fc.integer({ min: -3, max: 3 })),
  ratio: fc.option(fc.constantFrom(-1.5, 0, 0.1, 2, 1e300)),
  open: fc.option(fc.boolean()),
});

const seed = Date.now() % 1_000_000;
let folder: string;
let rows: Row[];
let store: SegmentRows;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "lakefleet-filter-"));
  rows = fc.sample(rowArbitrary, { seed, numRuns: 400 });
  const file = path.join(folder, "rows.sqlite");
  const writer = createRowStoreWriter(file, columns);
  writer.addChunks(
    rows.map((row, rowId) => ({
      id: `${rowId}-0`,
      rowId,
      docId: String(rowId),
      chunkIndex: 0,
      text: "",
      metadata: columns.map((column) => row[column.name as keyof Row]),
    })),
  );
  writer.finish();
  store = openRowStore(file);
});

afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const operandOf: { [Name in keyof Row]: fc.Arbitrary<Exclude<Row[Name], null>> } = {
  name: fc.constantFrom(...texts),
  size: fc.integer({ min: -4, max: 4 }),
  ratio: fc.constantFrom(-1.5, 0, 0.1, 0.10000000000000002, 2, 1e300),
  open: fc.boolean(),
};
const patterns = ["%", "a%", "%b", "_", "a_b", "a\\_b", "a\\%b", "", "%'%", "\\\\%", "a\\\\b", "__"];

function condition(name: keyof Row): fc.Arbitrary<Filter> {
  const value: fc.Arbitrary<Value> = operandOf[name];
  const ordered = fc.record({ operator: fc.constantFrom("gt", "gte", "lt", "lte"), value });
  const operations = [
    fc.option(value).map((operand) => operand as unknown),
    fc.option(value).map((operand) => ({ eq: operand })),
    fc.option(value).map((operand) => ({ ne: operand })),
    fc.array(fc.option(value), { maxLength: 4 }).map((operand) => ({ in: operand })),
    ...(name === "open" ? [] : [ordered.map(({ operator, value: operand }) => ({ [operator]: operand }))]),
    ...(name === "name" ? [fc.constantFrom(...patterns).map((operand) => ({ like: operand }))] : []),
  ];
  return fc.oneof(...operations).map((operation) => ({ [name]: operation }));
}

const { filter: filterArbitrary } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(condition("name"), condition("size"), condition("ratio"), condition("open")),
    fc.tuple(condition("name"), condition("size")).map(([a, b]) => ({ ...a, ...b })),
    fc.array(tie("filter"), { maxLength: 3 }).map((or) => ({ or })),
    fc.array(tie("filter"), { maxLength: 3 }).map((and) => ({ and })),
    tie("filter").map((not) => ({ not })),
  ),
}));

/** The filter language in plain JavaScript, two-valued throughout. */
function matches(filter: Filter, row: Row): boolean {
  return Object.entries(filter).every(([key, operand]) => {
    if (key === "or") return (operand as Filter[]).some((part) => matches(part, row));
    if (key === "and") return (operand as Filter[]).every((part) => matches(part, row));
    if (key === "not") return !matches(operand as Filter, row);
    const value = row[key as keyof Row];
    if (operand === null || typeof operand !== "object") return value === operand;
    return Object.entries(operand).every(([operator, wanted]) => holds(value, operator, wanted));
  });
}

function holds(value: Value, operator: string, wanted: unknown): boolean {
  if (operator === "eq") return value === wanted;
  if (operator === "ne") return value !== wanted;
  if (operator === "in") return (wanted as Value[]).includes(value);
  if (value === null) return false;
  if (operator === "like") return likeExpression(String(wanted)).test(String(value));
  const order = compare(value, wanted as Value);
  return { gt: order > 0, gte: order >= 0, lt: order < 0, lte: order <= 0 }[operator] ?? false;
}

/** Texts order by their bytes, as SQLite and DataFusion order them. */
function compare(left: Value, right: Value): number {
  if (typeof left === "string") return Buffer.compare(Buffer.from(left), Buffer.from(String(right)));
  return Number(left) - Number(right);
}

function likeExpression(pattern: string): RegExp {
  const source = pattern.replace(/\\(.)|[%_]|[^\\%_]/gsu, (part, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    if (part === "%") return ".*";
    return part === "_" ? "." : part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  return new RegExp(`^${source}$`, "su");
}

test("a compiled filter selects exactly the rows that the plain evaluator does", async () => {
  await fc.assert(
    fc.asyncProperty(filterArbitrary, async (filter) => {
      const { bits, matchCount } = await store.select(compileFilter(filter, columns));
      const selected = rows.filter((_, ordinal) => (bits[ordinal >>> 5] ?? 0) & (1 << (ordinal & 31)));
      expect(selected).toEqual(rows.filter((row) => matches(filter, row)));
      expect(matchCount).toBe(selected.length);
    }),
    { seed, numRuns: 400 },
  );
});

test("a filter and its negation share no row and leave none out", async () => {
  await fc.assert(
    fc.asyncProperty(filterArbitrary, async (filter) => {
      const plain = await store.select(compileFilter(filter, columns));
      const negated = await store.select(compileFilter({ not: filter }, columns));
      expect(plain.matchCount + negated.matchCount).toBe(rows.length);
      expect(plain.bits.some((word, position) => (word & (negated.bits[position] ?? 0)) !== 0)).toBe(false);
    }),
    { seed, numRuns: 200 },
  );
});

test("no text in a filter reaches the engine as anything but a value", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
      fc.pre(!text.includes("\0") && !texts.includes(text));
      const { matchCount } = await store.select(compileFilter({ name: text }, columns));
      expect(matchCount).toBe(0);
    }),
    { seed, numRuns: 300 },
  );
});
