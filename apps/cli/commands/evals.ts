import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { CliError } from "../cli-error.ts";
import { contextOf, print } from "../context.ts";

interface EvalSetView {
  name: string;
  version: number;
  checksum: string;
  source: { kind: string; index?: string; generation?: string };
  query_count: number;
  judged_count: number;
  reused?: boolean;
}

interface QueryView {
  id: string;
  text?: string;
  dimension?: number;
  exclude?: string;
  judgements?: Record<string, number>;
}

const route = "/vectors/hnsw/evals";
/** A line of a terminal, less the id. */
const snippetLength = 80;

export function addEvalCommands(program: Command): void {
  const evals = program
    .command("evals")
    .description("named query sets that indexes are measured by")
    .action(async (_options, command: Command) => {
      const context = contextOf(command);
      const found = await context.client.get<{ evals: EvalSetView[]; damaged: { detail: string }[] }>(route);
      print(context, found, () => [
        ...(found.evals.length === 0 ? ["no eval set yet"] : found.evals.map(setLine)),
        ...found.damaged.map(({ detail }) => `damaged: ${detail}`),
      ]);
    });
  addShow(evals);
  addCreate(evals);
  evals
    .command("autogen <name>")
    .description("make a set of an index's own chunks")
    .requiredOption("--index <name>", "whose chunks")
    .option("--queries <n>", "how many", "200")
    .option("--seed <n>", "another seed, other chunks", "1")
    .option("--strata <column>", "spread the queries over this metadata column's values")
    .action(async (name: string, options, command: Command) => {
      const { index, queries, seed, strata } = options;
      const body = { index, queries: Number(queries), seed: Number(seed), ...(strata ? { strata } : {}) };
      await make(command, `${route}/${encodeURIComponent(name)}/autogen`, body);
    });
}

function addShow(evals: Command): void {
  evals
    .command("show <name>")
    .description("one set and its first queries")
    .option("--limit <n>", "how many queries", "20")
    .action(async (name: string, options: { limit: string }, command: Command) => {
      const context = contextOf(command);
      const path = `${route}/${encodeURIComponent(name)}?limit=${encodeURIComponent(options.limit)}`;
      const found = await context.client.get<EvalSetView & { queries: QueryView[] }>(path);
      print(context, found, () => [setLine(found), ...found.queries.map(queryLine)]);
    });
}

function addCreate(evals: Command): void {
  evals
    .command("create <name>")
    .description("make a set of a file of queries, or of a TREC collection")
    .addOption(new Option("--from-json <file>", "queries as a JSON list").conflicts(["topics", "judgements"]))
    .option("--topics <file>", "TREC topics")
    .option("--judgements <file>", "TREC judgements of these topics")
    .action(async (name: string, options, command: Command) => {
      const { fromJson, topics, judgements } = options;
      if (!fromJson && !topics) throw new CliError("Give --topics (with --judgements) or --from-json.", 2);
      const body = fromJson
        ? { name, queries: parseJson(await readText(fromJson), fromJson) }
        : {
            name,
            topics: await readText(topics),
            ...(judgements ? { judgements: await readText(judgements) } : {}),
          };
      await make(command, route, body);
    });
}

async function make(command: Command, path: string, body: unknown): Promise<void> {
  const context = contextOf(command);
  const made = await context.client.post<EvalSetView>(path, body);
  print(context, made, () => [`${setLine(made)}${made.reused ? " (was there already)" : ""}`]);
}

function setLine({ name, version, source, query_count, judged_count, checksum }: EvalSetView): string {
  const of = source.index === undefined ? "" : ` of ${source.index}`;
  return `${name} v${version}: ${query_count} queries, ${judged_count} judged, ${source.kind}${of}, ${checksum.slice(0, 15)}`;
}

function queryLine({ id, text, dimension, exclude, judgements = {} }: QueryView): string {
  const line = (text ?? `a vector of ${dimension} values`).replace(/\s+/g, " ").slice(0, snippetLength);
  const judged = Object.values(judgements).filter((grade) => grade > 0).length;
  const without = exclude === undefined ? "" : `; without ${exclude}`;
  return `  ${id}  ${line}${judged === 0 ? "" : `; ${judged} relevant`}${without}`;
}

async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    throw new CliError(
      `${file} cannot be read as UTF-8: ${cause instanceof Error ? cause.message : cause}`,
      2,
    );
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError(`${file} is not JSON: ${cause instanceof Error ? cause.message : cause}`, 2);
  }
}
