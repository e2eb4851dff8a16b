import path from "node:path";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { type LocalStore, openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { readJournal } from "@lakefleet/lib/trial/trial-journal.ts";
import type { JournalRecord } from "@lakefleet/lib/trial/trial-record.ts";
import { type FaultLake, openFaultLake, type Role } from "./fault-lake.ts";
import { type JobView, jobUrlOf, postJson, readJob, upload } from "./lake-client.ts";
import { waitFor } from "./wait-for.ts";

/** A fleet of processes with the index `notes` over some hundred texts, ready to be measured. */
export interface TrialLake {
  lake: FaultLake;
  store: LocalStore;
  append(count: number, tag: string): Promise<void>;
  /** Asks for a trial; the id of its intent and the address of its job. */
  ask(body: object): Promise<{ trial: string; url: string }>;
  /** Waits until the job has ended; a trial starts threads that load engines, which takes its time on a busy machine. */
  ended(url: string): Promise<JobView>;
  /** Waits until the role's process is gone. */
  died(role: Role): Promise<unknown>;
  /** The settled journal. */
  journal(): Promise<JournalRecord[]>;
  journalFolder: string;
}

const jobMs = 240_000;

/** The roles that a test kills run alone; the others share a process. */
export async function openTrialLake(roles: {
  together: readonly Role[];
  alone?: readonly Role[];
}): Promise<TrialLake> {
  const lake = await openFaultLake();
  const { together, alone = [] } = roles;
  await Promise.all([lake.startTogether(together), ...alone.map((role) => lake.start(role))]);
  const root = dataLayout(lake.dataFolder).bucket;
  const store = await openLocalStore({ name: "primary", root });
  const opened: TrialLake = {
    lake,
    store,
    async append(count, tag) {
      const fields = { dataset: "notes", text_columns: "text" };
      const answer = await upload(lake.url("api"), fields, { name: `${tag}.csv`, content: csv(count, tag) });
      const job = await opened.ended(jobUrlOf(answer));
      if (job.state !== "completed") throw new Error(JSON.stringify(job));
    },
    async ask(body) {
      const answer = await postJson(lake.url("api"), "/vectors/hnsw/trial", { index: "notes", ...body });
      const url = jobUrlOf(answer);
      return { url, trial: path.basename(url).split(".")[0] ?? "" };
    },
    ended: (url) =>
      waitFor(`${url} to end`, jobMs, async () => {
        const job = await readJob(lake.url("api"), url);
        return job.state === "waiting" || job.state === "active" ? undefined : job;
      }),
    died: (role) => waitFor(`${role} to be killed`, jobMs, () => !lake.isRunning(role)),
    journal: () => readJournal({ store, index: "notes", telemetry: silentTelemetry() }),
    journalFolder: path.join(root, "indexes", "notes", "trials"),
  };
  await opened.append(300, "first");
  return opened;
}

function csv(count: number, tag: string): string {
  const words = "amber basin cedar delta ember fjord grove harbor island juniper".split(" ");
  const lines = Array.from({ length: count }, (_, row) => {
    const text = Array.from({ length: 9 }, (_, place) => words[(row * 7 + place * place) % words.length]);
    return `only${tag}${row} ${text.join(" ")}`;
  });
  return `text\n${lines.join("\n")}\n`;
}
