import type { Intent } from "./intent-state.ts";
import type { Intents } from "./intents.ts";

/** What the log says of one index's requests; see `IndexWork` of the generations, which knows no jobs. */
interface Work {
  open?: { job: string; at: string };
  failed?: { type: string; detail: string; at: string };
}

/** Requests looked back at: a failure that so many others came after is no news. */
const lookedAtMax = 2_000;

/** The open requests of each index and the failure of its newest one, by the log as it is on disk now. */
export async function readIndexWork(
  intents: Pick<Intents, "refresh" | "newest" | "open">,
): Promise<Map<string, Work>> {
  await intents.refresh();
  const work = new Map<string, Work>();
  const ended = new Set<string>();
  for (const intent of intents.newest(lookedAtMax)) {
    const index = indexOf(intent);
    if (index === undefined || intent.ended === undefined || ended.has(index)) continue;
    ended.add(index);
    const { state, error, at } = intent.ended;
    if (state === "completed" || state === "cancelled") continue;
    const { type = state, detail = `The last request was ${state}.` } = error ?? {};
    work.set(index, { failed: { type, detail, at } });
  }
  for (const intent of intents.open()) {
    const index = indexOf(intent);
    const job = intent.accepted.jobs.at(-1);
    if (index === undefined || job === undefined || work.get(index)?.open !== undefined) continue;
    work.set(index, { ...work.get(index), open: { job: job.id, at: intent.accepted.at } });
  }
  return work;
}

/** The index that the request's last job promotes into; a trial or a migration's shadow changes nothing of an index. */
function indexOf({ accepted }: Intent): string | undefined {
  const last = accepted.jobs.at(-1);
  if (last?.queue !== "index" || last.payload["step"] !== "promote") return undefined;
  const index = last.payload["index"];
  return typeof index === "string" ? index : undefined;
}
