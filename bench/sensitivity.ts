import { parseArgs } from "node:util";
import { findSensitivity } from "@lakefleet/lib/sensitivity/find-sensitivity.ts";
import { SensitiveKind } from "@lakefleet/lib/sensitivity/sensitive-kind.ts";
import { type LabelledColumn, labelledColumns } from "../examples/labelled-columns.ts";
import { printHeading, printTable } from "./support/print-report.ts";

/**
 * How many of the labelled columns are found for what they are, and how many of those found are.
 *
 *     node bench/sensitivity.ts [--seed 1] [--variants 12] [--rows 400] [--unseen] [--mistakes]
 */
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    variants: { type: "string", default: "12" },
    rows: { type: "string", default: "400" },
    unseen: { type: "boolean", default: false },
    mistakes: { type: "boolean", default: false },
  },
});

const columns = labelledColumns({
  seed: Number(values.seed),
  variants: Number(values.variants),
  rows: Number(values.rows),
  unseen: values.unseen,
});
const begin = performance.now();
const judged = columns.map((column) => ({ column, found: findSensitivity(column) }));
const elapsedMs = performance.now() - begin;

printHeading("Sensitive columns");
const harmless = columns.filter(({ kinds }) => kinds.length === 0).length;
console.log(
  `${columns.length} columns of ${values.rows} values, ${harmless} of them harmless, seed ${values.seed}; ` +
    `${(elapsedMs / columns.length).toFixed(1)} ms a column.\n`,
);
printTable(
  ["kind", "columns", "found", "missed", "wrong", "precision", "recall"],
  SensitiveKind.options.map(rowOf),
);
const flagged = judged.filter(({ column, found }) => column.kinds.length === 0 && found.length > 0).length;
console.log(`\n${flagged} of ${harmless} harmless columns were taken for something.`);
if (values.mistakes) printMistakes();

function rowOf(kind: SensitiveKind) {
  const isKind = ({ kinds }: LabelledColumn) => kinds.includes(kind);
  const found = judged.filter((one) => one.found.some((finding) => finding.kind === kind));
  const right = found.filter(({ column }) => isKind(column)).length;
  const real = columns.filter(isKind).length;
  return [
    kind,
    real,
    right,
    real - right,
    found.length - right,
    (right / Math.max(1, found.length)).toFixed(3),
    (right / real).toFixed(3),
  ];
}

function printMistakes(): void {
  for (const { column, found } of judged) {
    const kinds = found.map(({ kind }) => kind);
    const isRight =
      column.kinds.every((kind) => kinds.some((one) => one === kind)) &&
      kinds.every((kind) => column.kinds.includes(kind));
    if (isRight) continue;
    const told = found.map(({ kind, confidence }) => `${kind} ${confidence}`).join(", ");
    console.log(
      `${column.name}: is [${column.kinds}], found [${told}], such as ${JSON.stringify(column.values.slice(0, 4))}`,
    );
  }
}
