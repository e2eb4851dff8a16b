import type { WatchedFile } from "@lakefleet/lib/ingest/watch-folder.ts";
import { type AppendLog, openAppendLog, readAppendLog } from "@lakefleet/lib/storage/append-log.ts";
import { z } from "zod";

const SeenFile = z.strictObject({ path: z.string(), size: z.int(), modifiedMs: z.number() });
type SeenFile = z.infer<typeof SeenFile>;

export interface SeenFiles {
  has(file: WatchedFile): boolean;
  /** Durable when it resolves. */
  add(file: WatchedFile): Promise<void>;
  close(): Promise<void>;
}

/**
 * Which state of each inbox file has been requested already, kept over restarts. Losing it costs time only: a file that
 * is requested twice is found unchanged by its content.
 */
export async function openSeenFiles(folder: string): Promise<SeenFiles> {
  const seen = new Map<string, SeenFile>();
  for await (const record of readAppendLog({ folder, schema: SeenFile })) seen.set(record.path, record);
  const log: AppendLog<SeenFile> = await openAppendLog({ folder, schema: SeenFile });
  return {
    has: ({ path, size, modifiedMs }) => {
      const known = seen.get(path);
      return known !== undefined && known.size === size && known.modifiedMs === modifiedMs;
    },
    async add({ path, size, modifiedMs }) {
      const record = { path, size, modifiedMs };
      await log.append(record);
      seen.set(path, record);
    },
    close: () => log.close(),
  };
}
