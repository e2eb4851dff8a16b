import type { Column } from "../../dataset/dataset-version.ts";
import { uniqueNames } from "../unique-names.ts";

/** What occurs in one column. `exact` are integers of 64 bits that a double does not hold, `huge` all larger numbers. */
type Kind = "boolean" | "integer" | "exact" | "huge" | "double" | "text" | "json";

interface Node {
  children: Map<string, Node>;
  path: readonly string[];
  /** Position of the column; -1 for a key that only ever holds objects. */
  column: number;
  kinds: Set<Kind>;
}

/** The columns that flattened rows have: nested keys joined by dots, each with the kinds of values seen. */
export interface RowShape {
  root: Node;
  nodes: Node[];
}

export function newRowShape(): RowShape {
  return { root: newNode([]), nodes: [] };
}

function newNode(path: readonly string[]): Node {
  return { children: new Map(), path, column: -1, kinds: new Set() };
}

/** Adds what one row holds to the shape. */
export function observeRow(shape: RowShape, value: unknown): void {
  visitLeaves(shape.root, value, (node, leaf) => {
    if (node.column === -1) node.column = shape.nodes.push(node) - 1;
    const kind = kindOf(leaf);
    if (kind !== undefined) node.kinds.add(kind);
  });
}

/** The values of one row, by position of the column; every row must have been observed before. */
export function flattenRow(shape: RowShape, value: unknown): unknown[] {
  const values: unknown[] = new Array(shape.nodes.length).fill(null);
  visitLeaves(shape.root, value, (node, leaf) => {
    values[node.column] = leaf;
  });
  return values;
}

/** Objects are walked, all else is a leaf. An empty object within a row is one too, or the key would be lost. */
function visitLeaves(root: Node, row: unknown, visit: (node: Node, leaf: unknown) => void): void {
  const walk = (node: Node, value: unknown) => {
    if (!isPlainObject(value)) return visit(node, value);
    const entries = Object.entries(value);
    if (entries.length === 0 && node !== root) return visit(node, value);
    for (const [key, inner] of entries) {
      let child = node.children.get(key);
      if (child === undefined) {
        child = newNode([...node.path, key]);
        node.children.set(key, child);
      }
      walk(child, inner);
    }
  };
  walk(root, row);
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

function kindOf(leaf: unknown): Kind | undefined {
  if (leaf === null) return undefined;
  if (typeof leaf === "boolean") return "boolean";
  if (typeof leaf === "string") return "text";
  if (typeof leaf === "number") return Number.isSafeInteger(leaf) ? "integer" : "double";
  if (!JSON.isRawJSON(leaf)) return "json";
  return /^-?[0-9]{1,19}$/.test(leaf.rawJSON) &&
    BigInt.asIntN(64, BigInt(leaf.rawJSON)) === BigInt(leaf.rawJSON)
    ? "exact"
    : "huge";
}

/** Names and types that hold every value seen, without loss. Numbers that no number type holds stay text. */
export function shapeColumns(shape: RowShape): Column[] {
  const names = uniqueNames(shape.nodes.map(({ path }) => (path.length === 0 ? "value" : path.join("."))));
  return shape.nodes.map(({ kinds }, column) => ({ name: names[column]!, type: columnType(kinds) }));
}

function columnType(kinds: ReadonlySet<Kind>): Column["type"] {
  const only = (...allowed: Kind[]) => [...kinds].every((kind) => allowed.includes(kind));
  if (only("text")) return "varchar";
  if (only("boolean")) return "boolean";
  if (only("integer", "exact")) return "bigint";
  if (only("integer", "double")) return "double";
  if (only("integer", "exact", "huge")) return "varchar";
  return "json";
}
