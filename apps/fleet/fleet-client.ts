import { defaultPools } from "@lakefleet/config/pools.ts";
import { queueNames } from "@lakefleet/queues/define-queue.ts";
import { z } from "zod";
import type { PoolReading } from "./scale-pools.ts";

/** The launcher's view of its own gateway. It reads the same routes as everyone else, and holds no Redis connection. */
export interface FleetClient {
  /** Where a person on this machine opens it. */
  url: string;
  /** `ready`, and otherwise what is missing. */
  readReadiness(signal: AbortSignal): Promise<{ ready: boolean; missing: string }>;
  readPools(signal: AbortSignal): Promise<Record<string, PoolReading>>;
  /** Accepts one folder for ingest and gives the path of the job to follow. */
  ingestFolder(request: { dataset: string; path: string }, signal: AbortSignal): Promise<string>;
  readJob(path: string, signal: AbortSignal): Promise<{ state: string; error: string | undefined }>;
}

const Readiness = z.object({ ready: z.boolean(), redis: z.boolean(), pools: z.record(z.string(), z.int()) });
const Fleet = z.object({
  pools: z.array(
    z.object({
      pool: z.enum(queueNames),
      paused: z.boolean(),
      min: z.int(),
      max: z.int(),
      waiting: z.int(),
      active: z.int(),
      oldest_wait_ms: z.number(),
    }),
  ),
});
const Accepted = z.object({ job: z.object({ url: z.string() }) });
const Job = z.object({ state: z.string(), error: z.object({ detail: z.string() }).nullish() });

// The gateway answers these in milliseconds; one that takes longer is busy or gone, and the caller asks again.
const requestMaxMs = 5_000;

export function createFleetClient({ host, port }: { host: string; port: number }): FleetClient {
  const url = `http://${reachableHost(host)}:${port}`;
  const request = async (path: string, signal: AbortSignal, options: RequestInit = {}): Promise<unknown> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(requestMaxMs)]);
    const response = await fetch(new URL(path, url), { ...options, signal: limit });
    // 503 of /ready carries what is missing; every other failure is a problem document.
    if (!response.ok && response.status !== 503)
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return await response.json();
  };
  return {
    url,
    async readReadiness(signal) {
      const { ready, redis, pools } = Readiness.parse(await request("/ready", signal));
      const empty = Object.keys(pools).filter((name) => pools[name] === 0);
      return { ready, missing: redis ? `workers of ${empty.join(", ")}` : "Redis" };
    },
    async readPools(signal) {
      const { pools } = Fleet.parse(await request("/fleet", signal));
      return Object.fromEntries(
        pools.map((pool) => [
          pool.pool,
          {
            bounds: { ...defaultPools[pool.pool], min: pool.min, max: pool.max },
            paused: pool.paused,
            depth: pool.waiting,
            oldestWaitMs: pool.oldest_wait_ms,
            active: pool.active,
          },
        ]),
      );
    },
    async ingestFolder(folder, signal) {
      const body = JSON.stringify({ ...folder, mode: "replace" });
      const headers = { "content-type": "application/json" };
      return Accepted.parse(await request("/ingest/path", signal, { method: "POST", headers, body })).job.url;
    },
    async readJob(path, signal) {
      const job = Job.parse(await request(path, signal));
      return { state: job.state, error: job.error?.detail };
    },
  };
}

/** An address that means "every interface" is none that a browser can open. */
function reachableHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
