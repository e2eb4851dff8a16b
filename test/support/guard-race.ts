import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@lakefleet/lib/guard/guard-clock.ts";
import type { ProviderLimits } from "@lakefleet/lib/guard/provider-limits.ts";
import { openSpendBooks } from "@lakefleet/lib/guard/spend-books.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { Redis } from "ioredis";
import { createRandom } from "../../examples/create-random.ts";
import { type Arrival, type CountingProvider, startCountingProvider } from "./counting-provider.ts";
import type { RedisServer } from "./redis-server.ts";

/** What one racing process is told. */
export interface GuardRacer {
  name: string;
  socketPath: string;
  spendFolder: string;
  url: string;
  limits: ProviderLimits;
  capUsd: number;
  callNanoUsd: number;
  billedShare: number;
  callsAtOnce: number;
  clockSkewMs: number;
}

export interface GuardRaceOptions {
  server: RedisServer;
  seed: number;
  processes: number;
  limits: ProviderLimits;
  capUsd: number;
  /** The dearest call. */
  callUsd: number;
  /** Processes that are killed while one of their calls is under way; another takes the place of each. */
  kills: number;
  /** Times that Redis is flushed while calls are under way. */
  flushes: number;
}

export interface GuardRaceResult {
  arrivals: Arrival[];
  billedNanoUsd: number;
  /** Of the day in the books at the end. */
  spentNanoUsd: number;
  reservedNanoUsd: number;
  killed: number;
  /** Exit codes of those that were not killed. */
  exits: (number | null)[];
}

/** Processes with clocks of their own spend one day's money at one provider, while some of them die. */
export async function runGuardRace(options: GuardRaceOptions): Promise<GuardRaceResult> {
  const { server, seed, processes } = options;
  const draw = createRandom(seed);
  const random = () => draw() / 2 ** 32;
  const spendFolder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-spend-"));
  const events = eventsOf(options, random);
  const children = new Map<number, ChildProcess>();
  const exits: (number | null)[] = [];
  let killed = 0;
  const provider = await startCountingProvider(({ from }, position) => {
    const event = events.get(position);
    if (event === "kill" && children.get(from)?.kill("SIGKILL")) {
      killed += 1;
      start();
    }
    if (event === "flush") void server.command("FLUSHALL");
    return { status: 200, afterMs: event === undefined ? Math.floor(random() * 60) : 100 };
  });
  const start = () => {
    const child = startRacer(racerOf(options, { provider, spendFolder, random }));
    if (child.pid !== undefined) children.set(child.pid, child);
  };
  for (let count = 0; count < processes; count += 1) start();
  // Those that take the place of others come in behind, so the map is walked to its end as it grows.
  for (const child of children.values()) {
    const [code, signal] = await ended(child);
    if (signal !== "SIGKILL") exits.push(code);
  }
  const books = await readBooks(server, spendFolder);
  await provider.close();
  await rm(spendFolder, { recursive: true });
  const { arrivals } = provider;
  const billedNanoUsd = arrivals.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);
  return { arrivals, billedNanoUsd, ...books, killed, exits };
}

/** At which arrivals something happens; enough calls fit under the cap for all of them. */
function eventsOf(options: GuardRaceOptions, random: () => number): Map<number, "kill" | "flush"> {
  const { kills, flushes, capUsd, callUsd } = options;
  const events = new Map<number, "kill" | "flush">();
  while (events.size < kills + flushes) {
    const position = 1 + Math.floor(random() * (capUsd / callUsd));
    if (!events.has(position)) events.set(position, events.size < kills ? "kill" : "flush");
  }
  return events;
}

function racerOf(
  { server, limits, capUsd, callUsd }: GuardRaceOptions,
  {
    provider,
    spendFolder,
    random,
  }: { provider: CountingProvider; spendFolder: string; random: () => number },
): GuardRacer {
  const twoDaysMs = 2 * 86_400_000;
  return {
    name: `model-${Math.floor(random() * 3)}`,
    socketPath: server.socketPath,
    spendFolder,
    url: provider.url,
    limits,
    capUsd,
    callNanoUsd: callUsd * 1e9,
    billedShare: random() < 0.5 ? 1 : 0.7,
    callsAtOnce: 1 + Math.floor(random() * 3),
    clockSkewMs: Math.floor((random() - 0.5) * twoDaysMs),
  };
}

function startRacer(racer: GuardRacer): ChildProcess {
  const program = fileURLToPath(new URL("./guard-process.ts", import.meta.url));
  return spawn(process.execPath, [program, JSON.stringify(racer)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

async function ended(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return [child.exitCode, child.signalCode];
}

async function readBooks(server: RedisServer, folder: string) {
  const redis = new Redis({ path: server.socketPath });
  const books = openSpendBooks({
    redis,
    provider: "acme",
    folder,
    clock: systemClock,
    telemetry: silentTelemetry(),
  });
  const { spent, reserved } = await books.read(await books.today());
  redis.disconnect();
  return { spentNanoUsd: spent, reservedNanoUsd: reserved };
}
