import { readdir } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "../errors/domain-error.ts";
import { readChosenSegments } from "../storage/append-reader.ts";
import { listClosedSegments, type Segment } from "../storage/append-segment.ts";
import { dayMs } from "../storage/daily-log.ts";
import { hasCode } from "../storage/error-code.ts";
import { replaceSegments } from "../storage/replace-segments.ts";
import { spendDayFolder } from "./spend-log.ts";
import { addUp, SpendRecord } from "./spend-record.ts";

/** Whoever reserved before midnight settles in the day before, so that one is not over yet. */
const daysOpen = 2;

/**
 * Makes one line of each day that is over, beside those that say which calls were never settled. Answers how many days
 * it did so with. What a living process may still write to stays, and is folded once that is gone; a damaged day stays
 * as it is for `verify` to tell of.
 */
export async function foldSpend({
  folder,
  now = Date.now(),
}: {
  folder: string;
  now?: number;
}): Promise<number> {
  const today = Math.floor(now / dayMs);
  let folded = 0;
  for (const provider of await namesIn(folder)) {
    for (const name of await namesIn(path.join(folder, provider))) {
      const day = Date.parse(name) / dayMs;
      if (!(day <= today - daysOpen)) continue;
      folded += (await foldUnlessDamaged(spendDayFolder({ folder, provider, day }))) ? 1 : 0;
    }
  }
  return folded;
}

async function foldUnlessDamaged(folder: string): Promise<boolean> {
  try {
    return await foldDay(folder);
  } catch (error) {
    if (error instanceof DomainError && error.kind === "corrupt") return false;
    throw error;
  }
}

async function foldDay(folder: string): Promise<boolean> {
  const closed = await listClosedSegments(folder);
  const [first] = closed;
  if (first === undefined || (closed.length === 1 && (await isFolded(folder, first)))) return false;
  const rewrite = (segments: Segment[]) => foldSegments(folder, segments);
  return (await replaceSegments({ folder, schema: SpendRecord, rewrite })) > 0;
}

async function isFolded(folder: string, segment: Segment): Promise<boolean> {
  for await (const { kind } of readChosenSegments({ folder, schema: SpendRecord }, [segment]))
    return kind === "folded";
  return false;
}

async function* foldSegments(folder: string, segments: Segment[]): AsyncGenerator<SpendRecord> {
  const records = new Map<string, SpendRecord[]>();
  for (const segment of segments) {
    const read = readChosenSegments({ folder, schema: SpendRecord }, [segment]);
    records.set(segment.name, await Array.fromAsync(read));
  }
  const { byModel, open } = addUp(records);
  yield { kind: "folded", segments: segments.map(({ name }) => name), byModel: [...byModel] };
  for (const [id, reservation] of open) yield { kind: "reserved", id, ...reservation };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}
