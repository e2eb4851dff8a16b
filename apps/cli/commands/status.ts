import type { Command } from "commander";
import { type CliContext, contextOf, print } from "../context.ts";

export interface IndexView {
  name: string;
  state: string;
  state_reason: string;
  dataset: string;
  dataset_version: number;
  backend: string;
  embedder: string;
  active: string | null;
  forced: boolean;
  generations: string[];
  accounting: {
    rows: number;
    indexed: number;
    pending: number;
    failed: Record<string, number>;
    excluded: Record<string, number>;
    balanced: boolean;
  };
  missing?: { row_id: number; doc_id: string; state: string; reason: string }[];
  missing_next?: number | null;
}

export function addStatusCommand(program: Command): void {
  program
    .command("status [index]")
    .description("the books of an index and every row that is not indexed; without a name, of all indexes")
    .option("--limit <n>", "how many missing rows to name", "1000")
    .action(async (index: string | undefined, options: { limit: string }, command: Command) => {
      const context = contextOf(command);
      if (index === undefined) {
        return printAllIndexes(context);
      }
      const path = `/vectors/indexes/${encodeURIComponent(index)}?missing=1&limit=${encodeURIComponent(options.limit)}`;
      const view = await context.client.get<IndexView>(path);
      print(context, view, () => [summary(view), ...missingLines(view)]);
    });
}

/** A line for each index; one that is damaged says how, and does not hide the others. */
export async function printAllIndexes(context: CliContext): Promise<void> {
  const all = await context.client.get<{
    indexes: IndexView[];
    damaged: { name: string; type: string; detail: string }[];
  }>("/vectors/indexes");
  const lines = [
    ...all.indexes.map(summary),
    ...all.damaged.map(({ name, type, detail }) => `${name}: DAMAGED, ${type}: ${detail}`),
  ];
  print(context, all, () => (lines.length > 0 ? lines : ["no index yet"]));
}

/** One line: `notes: 120 rows = 118 indexed + 1 pending + 1 failed (no_features 1) + 0 excluded`. */
export function summary(view: IndexView): string {
  const { rows, indexed, pending, failed, excluded, balanced } = view.accounting;
  const books = `${rows} rows = ${indexed} indexed + ${pending} pending + ${reasons(failed)} failed + ${reasons(excluded)} excluded`;
  const state = balanced ? "balanced" : "NOT BALANCED";
  const why = view.state === "ready" ? "" : ` (${view.state_reason})`;
  const forced = view.forced ? ", FORCED without a certificate" : "";
  return `${view.name}: ${view.state}${why}; ${books}; ${state}; serves ${view.active ?? "nothing"}${forced}`;
}

function reasons(counts: Record<string, number>): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(counts).map(([reason, count]) => `${reason} ${count}`);
  return parts.length > 0 ? `${total} (${parts.join(", ")})` : "0";
}

function missingLines(view: IndexView): string[] {
  const lines = (view.missing ?? []).map(
    (row) => `  ${row.state} ${row.reason}: row ${row.row_id}, ${row.doc_id}`,
  );
  if (view.missing_next != null) lines.push(`  … more; raise --limit`);
  return lines;
}
