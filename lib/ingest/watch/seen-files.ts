import path from "node:path";
import { z } from "zod";
import { type AppendLog, openAppendLog, readAppendLog } from "../../storage/append-log.ts";
import { compactAppendLog } from "../../storage/compact-append-log.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import type { FileState } from "./scan-tree.ts";

const Taken = z.strictObject({
  path: z.string(),
  size: z.int(),
  modifiedMs: z.number(),
  changedMs: z.number().optional(),
  /** Orders the records of one file, whichever writer's they are; later ones are greater. */
  order: z.int().optional(),
});
const Gone = z.strictObject({ path: z.string(), gone: z.literal(true), order: z.int() });
const SeenRecord = z.union([Taken, Gone]);
type SeenRecord = z.infer<typeof SeenRecord>;

/** Which state of each file of one folder has been requested, kept over restarts. */
export interface SeenFiles {
  get(name: string): FileState | undefined;
  names(): Iterable<string>;
  /** Durable when it resolves. */
  record(changes: {
    taken: readonly { name: string; state: FileState }[];
    gone: readonly string[];
  }): Promise<void>;
  close(): Promise<void>;
}

/** Records that a file has on average before the log is rewritten with one for each. */
const recordsPerFileMax = 4;
const compactFrom = 10_000;

/** Opens the journal in `folder`; names in it are relative to the watched folder. */
export async function openSeenFiles(options: {
  folder: string;
  watched: string;
  telemetry: Telemetry;
}): Promise<SeenFiles> {
  const { folder, watched, telemetry } = options;
  const { seen, recordCount, orderMax } = await readSeen(folder, watched);
  if (recordCount > Math.max(compactFrom, recordsPerFileMax * seen.size)) {
    const keep = (record: SeenRecord) => {
      const latest = seen.get(nameOf(record, watched));
      return latest !== undefined && (record.order ?? 0) >= latest.order;
    };
    await compactAppendLog({ folder, schema: SeenRecord, keep, telemetry });
  }
  const log: AppendLog<SeenRecord> = await openAppendLog({ folder, schema: SeenRecord });
  let order = orderMax;
  return {
    get: (name) => seen.get(name)?.state,
    *names() {
      for (const [name, { state }] of seen) if (state !== undefined) yield name;
    },
    async record({ taken, gone }) {
      order += 1;
      const records: SeenRecord[] = [
        ...taken.map(({ name, state }) => ({ path: name, ...state, order })),
        ...gone.map((name) => ({ path: name, gone: true as const, order })),
      ];
      await Promise.all(records.map((record) => log.append(record)));
      for (const { name, state } of taken) seen.set(name, { state, order });
      for (const name of gone) seen.set(name, { state: undefined, order });
    },
    close: () => log.close(),
  };
}

interface Seen {
  /** Undefined for a file that is gone: the record must outweigh the older ones until they are rewritten. */
  state: FileState | undefined;
  order: number;
}

async function readSeen(folder: string, watched: string) {
  const seen = new Map<string, Seen>();
  let recordCount = 0;
  let orderMax = 0;
  for await (const record of readAppendLog({ folder, schema: SeenRecord })) {
    recordCount += 1;
    const name = nameOf(record, watched);
    const order = record.order ?? 0;
    orderMax = Math.max(orderMax, order);
    if (order < (seen.get(name)?.order ?? 0)) continue;
    seen.set(name, { state: stateOf(record), order });
  }
  return { seen, recordCount, orderMax };
}

function stateOf(record: SeenRecord): FileState | undefined {
  if ("gone" in record) return undefined;
  const { size, modifiedMs, changedMs = 0 } = record;
  return { size, modifiedMs, changedMs };
}

/** Journals of before named files by their whole path. */
function nameOf(record: SeenRecord, watched: string): string {
  return path.isAbsolute(record.path)
    ? path.relative(watched, record.path).split(path.sep).join("/")
    : record.path;
}
