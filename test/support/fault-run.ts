import { setTimeout as pause } from "node:timers/promises";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { verifyLake } from "@lakefleet/lib/verification/verify-lake.ts";
import { type FaultLake, type Role, roles } from "./fault-lake.ts";
import type { Death, Fault } from "./fault-plan.ts";
import { waitFor } from "./wait-for.ts";

export const filesPerRun = 3;
export const rowsPerFile = 8;
/** A takeover, a retry with its pause and a rebuild, twice over, on a busy machine. */
const settleMs = 90_000;

/**
 * Sends files, lets the fault happen in the middle, repairs what it broke, and waits until all that was accepted is done.
 * Gives how often each role died.
 */
export async function runUnderFault(
  lake: FaultLake,
  options: { dataset: string; fault: Fault },
): Promise<ReadonlyMap<Role, number>> {
  const { dataset, fault } = options;
  const deaths = createDeaths(fault.kind === "failpoint" ? fault.deaths : []);
  await Promise.all(deaths.roles.map((role) => startOrArm(lake, role, deaths.next(role))));
  const happened = inject(lake, fault);
  const jobs = sendAll(lake, dataset).urls;
  const repair = keepRepaired(lake, deaths.next);
  try {
    await happened;
    await settleAll(lake, await jobs);
  } finally {
    await repair.stop();
    await lake.killSpares();
  }
  return repair.died;
}

/** Sends every file of a run until it is accepted; `refusals` counts the answers that were no 202. */
export function sendAll(
  lake: FaultLake,
  dataset: string,
): { urls: Promise<string[]>; refusals: () => number } {
  let refused = 0;
  const files = Array.from({ length: filesPerRun }, (_, file) => file);
  const urls = Promise.all(files.map((file) => sendUntilAccepted(lake, dataset, file, () => (refused += 1))));
  return { urls, refusals: () => refused };
}

/** Waits until every job has completed. One that failed for want of disk is started again, as its message says to. */
export async function settleAll(lake: FaultLake, urls: readonly string[]): Promise<void> {
  for (const url of urls) await untilCompleted(lake, url);
}

/** Everything that must be true once the dust has settled. Returns what is not. */
export async function findDamage(lake: FaultLake, datasets: readonly string[]): Promise<string[]> {
  const layout = dataLayout(lake.dataFolder);
  const store = await openLocalStore({ name: "primary", root: layout.bucket });
  const damage: string[] = [];
  const lakeOptions = {
    store,
    intentsFolder: layout.intents,
    locks: layout.locks,
    telemetry: silentTelemetry(),
    deep: true,
  };
  for await (const { type, key, detail } of verifyLake(lakeOptions))
    damage.push(`${type}: ${key}: ${detail}`);
  for (const dataset of datasets) damage.push(...(await findLostRows(lake, dataset)));
  return damage;
}

async function findLostRows(lake: FaultLake, dataset: string): Promise<string[]> {
  const rows = filesPerRun * rowsPerFile;
  const damage: string[] = [];
  const index = await getJson(`${lake.url("serve")}/vectors/indexes/${dataset}`);
  const { accounting } = index as { accounting: { rows: number; indexed: number; balanced: boolean } };
  if (accounting.rows !== rows || accounting.indexed !== rows || !accounting.balanced) {
    damage.push(`${dataset}: ${rows} rows were accepted, the books say ${JSON.stringify(accounting)}`);
  }
  for (let file = 0; file < filesPerRun; file++) {
    const query = token(dataset, file, file);
    const answer = await postJson(`${lake.url("serve")}/vectors/search`, {
      index: dataset,
      query,
      mode: "lexical",
      k: 5,
    });
    const { hits } = answer as { hits: { text: string }[] };
    const found = hits.filter((hit) => hit.text.includes(query)).length;
    if (found !== 1) damage.push(`${dataset}: ${query} is found ${found} times`);
  }
  return damage;
}

async function inject(lake: FaultLake, fault: Fault): Promise<void> {
  if (fault.kind === "failpoint") return;
  await pause(fault.afterMs);
  if (fault.kind === "kill") await lake.kill(fault.role);
  if (fault.kind === "flush-redis") await lake.redis.command("FLUSHALL");
  if (fault.kind === "kill-redis") {
    await lake.redis.kill();
    await lake.redis.start();
  }
  if (fault.kind === "freeze") {
    lake.signal(fault.role, "SIGSTOP");
    // A spare takes the job over while the frozen worker still believes that it holds it.
    lake.startSpare(fault.role);
    await pause(fault.forMs);
    lake.signal(fault.role, "SIGCONT");
  }
}

/** The deaths of a fault, each to be had once, in their order. */
function createDeaths(deaths: readonly Death[]) {
  const coming = Map.groupBy(deaths, ({ role }) => role);
  return { roles: [...coming.keys()], next: (role: Role) => coming.get(role)?.shift() };
}

async function startOrArm(lake: FaultLake, role: Role, death: Death | undefined): Promise<void> {
  await (death === undefined ? lake.start(role) : lake.arm(role, death));
}

/** What an operator's supervisor does: a process that died is started again, to die at its next failpoint if it has one. */
function keepRepaired(lake: FaultLake, nextDeath: (role: Role) => Death | undefined) {
  let stopped = false;
  const died = new Map<Role, number>();
  const repair = async () => {
    for (const role of roles) {
      if (lake.isRunning(role)) continue;
      died.set(role, (died.get(role) ?? 0) + 1);
      await startOrArm(lake, role, nextDeath(role));
    }
  };
  const loop = (async () => {
    while (!stopped) {
      await repair();
      await pause(50);
    }
  })();
  return {
    died: died as ReadonlyMap<Role, number>,
    async stop() {
      stopped = true;
      await loop;
      await repair();
    },
  };
}

/** A client repeats a request that was not answered; the same content twice is one ingest. */
async function sendUntilAccepted(
  lake: FaultLake,
  dataset: string,
  file: number,
  onRefused: () => void,
): Promise<string> {
  return waitFor(`${dataset}/${file} to be accepted`, settleMs, async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries({
      dataset,
      id_column: "id",
      text_columns: "text",
      metadata_columns: "file",
    }))
      form.set(name, value);
    form.set("file", new Blob([csv(dataset, file)]), `${file}.csv`);
    try {
      const response = await fetch(`${lake.url("api")}/ingest/file`, { method: "POST", body: form });
      const body = (await response.json()) as { job?: { url: string } };
      if (response.status === 202) return body.job?.url;
      onRefused();
      return undefined;
    } catch {
      // Nobody answered: the API is being killed or started.
      return undefined;
    }
  });
}

async function untilCompleted(lake: FaultLake, url: string): Promise<void> {
  await waitFor(`${url} to complete`, settleMs, async () => {
    let job: { state: string; error: unknown };
    try {
      const response = await fetch(`${lake.url("api")}${url}`);
      if (!response.ok) return false;
      job = (await response.json()) as typeof job;
    } catch {
      return false;
    }
    if (job.state === "completed") return true;
    if (job.state !== "waiting" && job.state !== "active")
      throw new Error(`${url} is ${job.state}: ${JSON.stringify(job.error)}`);
    return false;
  });
}

function csv(dataset: string, file: number): string {
  const lines = Array.from(
    { length: rowsPerFile },
    (_, row) => `${file}-${row},${file},"A note on ${token(dataset, file, row)}, and on its neighbours."`,
  );
  return `id,file,text\n${lines.join("\n")}\n`;
}

/** A word that stands in one row only. */
function token(dataset: string, file: number, row: number): string {
  return `${dataset.replace(/[^a-z0-9]/g, "")}word${file}x${row}`;
}

async function getJson(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

async function postJson(url: string, body: unknown): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  return (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
}
