import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { hasCode } from "../storage/error-code.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

const LoadReport = z.strictObject({ at: z.number(), searchCount: z.int(), p95Ms: z.number() });
export type LoadReport = z.infer<typeof LoadReport>;

/** Long enough that a few searches a second make a quantile, short enough that a burst is noticed while it lasts. */
const windowMs = 10_000;
const writeEveryMs = 1_000;
/** The newest are enough for a quantile, and keep a busy second from filling the memory. */
const keptMax = 2_000;
/** Fewer say nothing about what people feel. */
const searchesMin = 5;

/**
 * Tells, in a file of its own in `folder`, how long searches took during the last ten seconds, so that background work
 * in other processes can make room. `emit` passes every event on.
 */
export function reportSearchLoad(options: { folder: string; telemetry: Telemetry }): {
  telemetry: Pick<Telemetry, "emit">;
  close(): Promise<void>;
} {
  const { folder, telemetry } = options;
  const file = path.join(folder, `${process.pid}.json`);
  let finished: { at: number; durationMs: number }[] = [];
  let wasIdle = true;
  const write = async () => {
    const now = Date.now();
    finished = finished.filter(({ at }) => at > now - windowMs).slice(-keptMax);
    if (finished.length === 0 && wasIdle) return;
    wasIdle = finished.length === 0;
    await writeReport(file, { at: now, searchCount: finished.length, p95Ms: p95(finished) });
  };
  let writing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    writing = write().catch((error: unknown) => telemetry.log.warn({ error }, "search load not told"));
  }, writeEveryMs);
  timer.unref();
  return {
    telemetry: {
      emit(event, fields) {
        const values: object = fields;
        if (event === "search.finished" && "durationMs" in values && typeof values.durationMs === "number") {
          finished.push({ at: Date.now(), durationMs: values.durationMs });
        }
        telemetry.emit(event, fields);
      },
    },
    async close() {
      clearInterval(timer);
      await writing;
      await rm(file, { force: true });
    },
  };
}

/** The slowest p95 that a serving process has told within the last ten seconds; null where nobody searched. */
export async function readSearchLoad(folder: string, nowMs: number): Promise<number | null> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  });
  let slowest: number | null = null;
  for (const name of names.filter((one) => one.endsWith(".json"))) {
    const report = await readReport(path.join(folder, name));
    if (report === undefined || report.at < nowMs - windowMs || report.searchCount < searchesMin) continue;
    slowest = Math.max(slowest ?? 0, report.p95Ms);
  }
  return slowest;
}

/** Undefined for one that its process has just removed. */
async function readReport(file: string): Promise<LoadReport | undefined> {
  try {
    return LoadReport.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function writeReport(file: string, report: LoadReport): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const begun = `${file}.begun`;
  await writeFile(begun, JSON.stringify(report));
  await rename(begun, file);
}

function p95(finished: readonly { durationMs: number }[]): number {
  const durations = finished.map(({ durationMs }) => durationMs).sort((left, right) => left - right);
  return durations[Math.min(durations.length - 1, Math.floor(0.95 * durations.length))] ?? 0;
}
