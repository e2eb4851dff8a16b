import { readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { dataLayout } from "@lakefleet/config/layout.ts";
import type { FleetClient } from "./fleet-client.ts";

/** The notes of a small repair workshop, one Markdown file each. */
export const sampleFolder = fileURLToPath(new URL("../../examples/sample", import.meta.url));

const dataset = "sample";
const question = "why does the wheel still rub after a new brake pad";
const askEveryMs = 200;
// Thirty notes take two seconds; past this something is wrong, and the fleet is of more use than its sample.
const loadMaxMs = 120_000;

/** Whether nothing has ever been put into this data folder: no dataset, and no request that was accepted. */
export async function isEmptyLake(dataFolder: string): Promise<boolean> {
  const layout = dataLayout(dataFolder);
  const traces = await Promise.all([
    listOrNone(path.join(layout.bucket, "datasets")),
    listOrNone(layout.intents),
  ]);
  return traces.every((names) => names.length === 0);
}

/** Sends the sample through the ordinary ingest, waits until it is searchable, and says how to search it. */
export async function loadSample(options: {
  client: FleetClient;
  port: number;
  say: (line: string) => void;
  signal: AbortSignal;
}): Promise<void> {
  const { client, say, signal } = options;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(loadMaxMs)]);
  try {
    const job = await client.ingestFolder({ dataset, path: sampleFolder }, limit);
    await followJob(client, job, limit);
  } catch (error) {
    signal.throwIfAborted();
    say(
      `The sample did not load: ${error instanceof Error ? error.message : error}. The fleet runs all the same.`,
    );
    return;
  }
  say(`The sample, the notes of a repair workshop, is searchable as "${dataset}". Try`);
  say(
    `  ${options.port === 4100 ? "" : `LAKEFLEET_PORT=${options.port} `}npx lakefleet search ${dataset} "${question}"`,
  );
  say(
    `  curl -s ${client.url}/vectors/search -H 'content-type: application/json' -d '${JSON.stringify({ index: dataset, query: question, k: 3 })}'`,
  );
}

async function followJob(client: FleetClient, job: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { state, error } = await client.readJob(job, signal);
    if (state === "completed") return;
    if (state === "failed" || state === "cancelled" || state === "quarantined") {
      throw new Error(error ?? `its job is ${state}`);
    }
    await wait(askEveryMs, undefined, { signal });
  }
}

async function listOrNone(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
