import type { ColumnType } from "../dataset/dataset-version.ts";
import { DomainError } from "../errors/domain-error.ts";
import { type MetadataColumn, metadataColumnName } from "../generation/format/row-store-layout.ts";
import { filterLiteral } from "./filter-literal.ts";

/** Deeper or larger filters are machine-made; these bounds keep compiling and planning far below a millisecond. */
const depthMax = 16;
const conditionsMax = 256;
const valuesMax = 1_000;
/** Half of what SQLite accepts in one statement. */
const sqlLengthMax = 500_000;

interface Compilation {
  columns: ReadonlyMap<string, { type: ColumnType; column: string }>;
  conditionCount: number;
}

/**
 * Compiles the filter of a search request to one SQL condition that SQLite and DataFusion read alike.
 *
 * A row without a value matches `{column: null}`, `ne` and `not` of what it does not match, and nothing else; `and`,
 * `or` and `not` are two-valued. `like` is case-sensitive, `%` any text, `_` one character, `\` makes the next one plain.
 * Throws `invalid` of type `filter-column`, `filter-value`, `filter-operator`, `filter-shape` or `filter-size`.
 */
export function compileFilter(filter: unknown, columns: readonly MetadataColumn[]): string {
  const compilation = {
    columns: new Map(
      columns.map(
        ({ name, type }, position) => [name, { type, column: metadataColumnName(position) }] as const,
      ),
    ),
    conditionCount: 0,
  };
  const where = compileNode(filter, compilation, { place: "filter", depth: 0 });
  if (where.length > sqlLengthMax) {
    throw invalid(
      "filter-size",
      "filter",
      `The filter is longer than ${sqlLengthMax} characters once compiled.`,
    );
  }
  return where;
}

interface Position {
  place: string;
  depth: number;
}

function compileNode(node: unknown, compilation: Compilation, at: Position): string {
  if (at.depth > depthMax) {
    throw invalid("filter-size", at.place, `The filter is nested more than ${depthMax} levels deep.`);
  }
  if (!isPlainObject(node)) {
    throw invalid("filter-shape", at.place, `${at.place} is not an object of conditions.`);
  }
  const parts = Object.entries(node).map(([key, value]) => {
    const inside = { place: `${at.place}.${key}`, depth: at.depth + 1 };
    if ((key === "and" || key === "or") && Array.isArray(value)) {
      return compileList(key, value, compilation, inside);
    }
    if (key === "not" && isPlainObject(value)) {
      return `(${compileNode(value, compilation, inside)}) IS NOT TRUE`;
    }
    return compileColumn(key, value, compilation, inside.place);
  });
  return joined(parts, "and");
}

function compileList(
  operator: "and" | "or",
  nodes: unknown[],
  compilation: Compilation,
  at: Position,
): string {
  count(compilation, nodes.length, at.place);
  const parts = nodes.map((node, position) =>
    compileNode(node, compilation, { place: `${at.place}[${position}]`, depth: at.depth }),
  );
  return joined(parts, operator);
}

/** Nothing joined by and holds for every row, nothing joined by or for none. */
function joined(parts: string[], operator: "and" | "or"): string {
  if (parts.length === 0) return operator === "and" ? "1 = 1" : "1 = 0";
  return parts.length === 1
    ? (parts[0] ?? "")
    : parts.map((part) => `(${part})`).join(operator === "and" ? " AND " : " OR ");
}

function compileColumn(name: string, value: unknown, compilation: Compilation, place: string): string {
  const known = compilation.columns.get(name);
  if (known === undefined) throw unknownColumn(name, compilation, place);
  const operations = isPlainObject(value) ? Object.entries(value) : [["eq", value] as const];
  if (operations.length === 0) {
    throw invalid("filter-shape", place, `${place} names no operator.`, `Use one of ${operatorNames}.`);
  }
  count(compilation, operations.length, place);
  const parts = operations.map(([operator, operand]) =>
    compileOperation({ ...known, operator, operand, place }),
  );
  return joined(parts, "and");
}

interface Operation {
  column: string;
  type: ColumnType;
  operator: string;
  operand: unknown;
  place: string;
}

const comparisons: Record<string, string> = { gt: ">", gte: ">=", lt: "<", lte: "<=" };
const operatorNames = "eq, ne, gt, gte, lt, lte, in, like";

function compileOperation(operation: Operation): string {
  const { column, type, operator, operand, place } = operation;
  const literal = (value: unknown) => filterLiteral(value, type, place);
  const equals = (value: unknown) => (value === null ? `${column} IS NULL` : `${column} = ${literal(value)}`);
  if (operator === "eq") return equals(operand);
  if (operator === "ne")
    return operand === null ? `${column} IS NOT NULL` : `(${equals(operand)}) IS NOT TRUE`;
  if (operator === "in") return compileIn(operation, literal);
  if (operator === "like") return `${column} LIKE ${likePattern(operation)} ESCAPE '\\'`;
  const sign = Object.hasOwn(comparisons, operator) ? comparisons[operator] : undefined;
  if (sign === undefined) {
    throw invalid(
      "filter-operator",
      place,
      `${place} has no operator ${quoted(operator)}.`,
      `Use ${operatorNames}.`,
    );
  }
  if (type === "boolean" || operand === null) {
    throw invalid("filter-value", place, `${place}.${operator} needs a value that has an order.`);
  }
  return `${column} ${sign} ${literal(operand)}`;
}

function compileIn({ column, operand, place }: Operation, literal: (value: unknown) => string): string {
  if (!Array.isArray(operand)) throw invalid("filter-value", place, `${place}.in is not a list.`);
  if (operand.length > valuesMax) {
    throw invalid(
      "filter-size",
      place,
      `${place}.in has ${operand.length} values; at most ${valuesMax} are allowed.`,
    );
  }
  const values = operand.filter((value) => value !== null).map(literal);
  const parts = values.length === 0 ? [] : [`${column} IN (${values.join(", ")})`];
  if (values.length < operand.length) parts.push(`${column} IS NULL`);
  return joined(parts, "or");
}

function likePattern({ type, operand, place }: Operation): string {
  if (type !== "varchar" && type !== "uuid" && type !== "json") {
    throw invalid("filter-operator", place, `${place} is of type ${type}, which like cannot match.`);
  }
  // An odd number of backslashes at the end would escape nothing.
  if (typeof operand === "string" && /(?<!\\)(\\\\)*\\$/.test(operand)) {
    throw invalid("filter-value", place, `${place}.like ends with a lone backslash.`);
  }
  return filterLiteral(operand, "varchar", place);
}

function count(compilation: Compilation, added: number, place: string): void {
  compilation.conditionCount += added;
  if (compilation.conditionCount > conditionsMax) {
    throw invalid("filter-size", place, `The filter has more than ${conditionsMax} conditions.`);
  }
}

function unknownColumn(name: string, compilation: Compilation, place: string): DomainError {
  const known = [...compilation.columns.keys()];
  return invalid(
    "filter-column",
    place,
    `The index has no metadata column ${quoted(name)}.`,
    known.length === 0
      ? "The index carries no metadata columns; name them when the index is made."
      : `Its metadata columns are ${known.slice(0, 50).join(", ")}.`,
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

function invalid(type: string, field: string, message: string, remedy?: string): DomainError {
  return new DomainError({ kind: "invalid", type, message, field: field.slice(0, 200), remedy });
}
