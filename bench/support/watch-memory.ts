import { readFileSync, writeFileSync } from "node:fs";
import { hasCode } from "@lakefleet/lib/storage/error-code.ts";

export interface MemoryWatch {
  peaksMib(): Record<string, number>;
  forget(): Promise<void>;
  stop(): Promise<void>;
}

const sampleEveryMs = 100;
/** Looking for new processes reads all of /proc, so it happens more rarely. */
const samplesPerLook = 20;

/** Follows the kernel's own high-water mark of each process, so that nothing between two samples is missed. */
export async function watchMemory(
  list: () => Promise<{ name: string; pid: number }[]>,
): Promise<MemoryWatch> {
  let known = await list();
  let peaks: Record<string, number> = {};
  let looking: Promise<void> = Promise.resolve();
  let samples = 0;
  const look = async () => {
    known = await list();
  };
  const sample = () => {
    for (const { name, pid } of known) peaks[name] = Math.max(peaks[name] ?? 0, highWaterMib(pid));
    samples += 1;
    if (samples % samplesPerLook === 0) looking = looking.then(look);
  };
  const timer = setInterval(sample, sampleEveryMs);
  return {
    peaksMib() {
      sample();
      return { ...peaks };
    },
    async forget() {
      await look();
      // 5 resets the mark to what is resident now.
      for (const { pid } of known) ifThere(() => writeFileSync(`/proc/${pid}/clear_refs`, "5"));
      peaks = {};
    },
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}

function highWaterMib(pid: number): number {
  const status = ifThere(() => readFileSync(`/proc/${pid}/status`, "utf8")) ?? "";
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

/** Undefined where the process has ended meanwhile. */
function ifThere<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ESRCH")) return undefined;
    throw error;
  }
}
