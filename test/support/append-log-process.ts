import { openAppendLog } from "@lakefleet/lib/storage/append-log.ts";
import { compactAppendLog } from "@lakefleet/lib/storage/compact-append-log.ts";
import { armFailpoints } from "@lakefleet/lib/storage/failpoint.ts";
import { z } from "zod";

/** A record as the property tests of the append log write it: one step of one task. */
export const TaskRecord = z.strictObject({
  task: z.int(),
  state: z.enum(["open", "ended"]),
  text: z.string(),
});
export type TaskRecord = z.infer<typeof TaskRecord>;

/** Even tasks are finished and need not be kept. */
export function isKept({ task }: TaskRecord): boolean {
  return task % 2 === 1;
}

// A process to be killed: appends until then and prints the number of each record that is on disk, or compacts.
async function appendForever(folder: string): Promise<void> {
  const log = await openAppendLog({ folder, schema: TaskRecord, segmentBytesMax: 20_000 });
  let next = 0;
  const lane = async () => {
    for (;;) {
      const task = next;
      next += 1;
      await log.append({ task, state: "open", text: "x".repeat(task % 300) });
      process.stdout.write(`${task}\n`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}

if (import.meta.main) {
  const [mode = "", folder = "", failpoints = ""] = process.argv.slice(2);
  armFailpoints(failpoints);
  if (mode === "append") await appendForever(folder);
  else await compactAppendLog({ folder, schema: TaskRecord, keep: isKept });
}
