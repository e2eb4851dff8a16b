import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { contextOf, print } from "../context.ts";
import { followJob } from "../follow-job.ts";
import type { HttpClient, JobView } from "../http-client.ts";
import { type DatabaseOptions, namesDatabase, sendDatabase } from "./ingest-database.ts";

export interface IngestOptions {
  dataset: string;
  mode?: string;
  key?: string;
  onError?: string;
  idColumn?: string;
  textColumns?: string;
  metadataColumns?: string;
  contract?: string;
  index?: string;
  backend?: string;
  embedder?: string;
  chunkSize?: string;
  overlap?: string;
  wait: boolean;
}

export function addIngestCommand(program: Command): void {
  program
    .command("ingest [path]")
    .description("bring a file, a folder that the fleet may read, or a table of a database into a dataset")
    .requiredOption("--dataset <name>", "the dataset")
    .option("--mode <mode>", "append, replace, upsert, sync or delete")
    .option("--key <column>", "with upsert, sync and delete: the column that identifies a row")
    .option("--on-error <how>", "refuse the file (default), or skip bad rows and list them")
    .option("--id-column <column>", "the column that names a row in search results")
    .option("--text-columns <columns>", "columns to search, comma-separated")
    .option("--metadata-columns <columns>", "columns to filter by, comma-separated")
    .option("--contract <json>", "what the rows and all later ones must keep to")
    .option("--index <name>", "the index (default: the dataset's name), or none")
    .option("--backend <backend>", "hnsw or lance")
    .option("--embedder <id>", "the embedding model")
    .option("--chunk-size <characters>", "how long a passage may be")
    .option("--overlap <characters>", "how much two passages share")
    .option("--db <dsn>", "instead of a path: postgres://user:password@host/database, or mysql://…")
    .option("--secret <name>", "instead of --db: the name of a secret that holds one")
    .option("--engine <engine>", "with --secret: postgres or mysql")
    .option("--table <table>", "the table to read, or schema.table")
    .option("--query <sql>", "instead of a table: a query")
    .option("--columns <columns>", "columns to read, comma-separated (default: all)")
    .option("--order-by <columns>", "how to sort the rows, comma-separated")
    .option("--limit <rows>", "read no more")
    .option("--cursor <column>", "read only what has changed since the last time, by this column")
    .option("--timeout-seconds <seconds>", "how long the database may take")
    .option("--no-wait", "return once the request is accepted")
    .action(
      async (source: string | undefined, options: IngestOptions & DatabaseOptions, command: Command) => {
        const context = contextOf(command);
        const { job } = await send(context.client, source, options);
        if (!options.wait) return print(context, { job }, () => [`accepted: ${job.url}`]);
        const ended = await followJob(context.client, job.url);
        const ingest = await readIngest(context.client, ended);
        print(context, { ...ended, ingest }, () => [describeIngest(ingest, ended)]);
      },
    );
}

function send(client: HttpClient, source: string | undefined, options: IngestOptions & DatabaseOptions) {
  if (namesDatabase(options) && source === undefined) {
    return sendDatabase(client, options, requestFields(options));
  }
  if (source !== undefined && !namesDatabase(options)) return sendPath(client, source, options);
  throw new CliError("Give either a path, or --db or --secret.", 2);
}

/** What the first step says of the rows; the job that was followed ends with what it says of the index. */
interface IngestResult {
  dataset: string;
  version: number;
  noop: boolean;
  rows: number;
  rowsAdded: number;
  rowsUpdated: number;
  rowsRemoved: number;
  rowsRejected: number;
  /** Of writes that compare. */
  rowsUnchanged?: number;
  rejectsKey?: string;
  drift?: string;
}

/** Null where the step's result is forgotten: it is kept for a day, and not beyond the queue's own data. */
async function readIngest(client: HttpClient, job: JobView): Promise<IngestResult | null> {
  const [step] = job.children;
  const ingest = step === undefined ? job : await client.get<JobView>(`/jobs/${step.queue}/${step.id}`);
  return ingest.result as IngestResult | null;
}

function describeIngest(ingest: IngestResult | null, job: JobView): string {
  const where = job.queue === "ingest" ? "" : ", searchable";
  if (ingest === null) return `${job.id}: completed${where}`;
  const { dataset, version, noop, rows, rowsAdded, rowsUpdated, rowsRemoved, rowsRejected } = ingest;
  const equal = ingest.rowsUnchanged === undefined ? "" : `, ${ingest.rowsUnchanged} unchanged`;
  const changes = `${rowsAdded} added, ${rowsUpdated} updated, ${rowsRemoved} removed${equal}, ${rowsRejected} rejected`;
  const rejects = ingest.rejectsKey === undefined ? "" : ` (see ${ingest.rejectsKey})`;
  const drift = ingest.drift === undefined ? "" : `; the columns have drifted: ${ingest.drift}`;
  return `${dataset}: ${noop ? "nothing new, this content is there already" : changes + rejects}; version ${version} has ${rows} rows${where}${drift}`;
}

/** Uploads a file, or names a folder for the fleet to read. */
export async function sendPath(
  client: HttpClient,
  source: string,
  options: Omit<IngestOptions, "wait">,
): Promise<{ job: { id: string; queue: string; url: string } }> {
  const entry = await stat(source).catch((cause: unknown) => {
    throw new CliError(`Cannot read ${source}: ${cause instanceof Error ? cause.message : cause}`, 2);
  });
  const fields = requestFields(options);
  if (entry.isDirectory()) return client.post("/ingest/path", { path: path.resolve(source), ...fields });
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", await openAsBlob(source), path.basename(source));
  return client.postForm("/ingest/file", form);
}

function requestFields(options: Omit<IngestOptions, "wait">): Record<string, string> {
  const fields = {
    dataset: options.dataset,
    mode: options.mode,
    key: options.key,
    on_error: options.onError,
    id_column: options.idColumn,
    text_columns: options.textColumns,
    metadata_columns: options.metadataColumns,
    contract: options.contract,
    index: options.index,
    backend: options.backend,
    embedder: options.embedder,
    chunk_size: options.chunkSize,
    overlap: options.overlap,
  };
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
