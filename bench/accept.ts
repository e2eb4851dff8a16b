import { open, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { redisSocket } from "@lakefleet/config/layout.ts";
import { quantile } from "@lakefleet/lib/evaluation/quantile.ts";
import { keyPrefix } from "@lakefleet/lib/jobs/job-envelope.ts";
import { Redis } from "ioredis";
import { waitFor } from "../test/support/wait-for.ts";
import { openBareQueue } from "./support/bare-queue.ts";
import { makeBenchFolder, startBenchFleet } from "./support/bench-fleet.ts";
import { followJob } from "./support/follow-job.ts";
import { type KeepAliveConnection, openConnection, renderRequest } from "./support/keep-alive-client.ts";
import { describeLoad, median, printHeading, printTable, verdict } from "./support/print-report.ts";
import { processorTimeUs } from "./support/processor-time.ts";
import { uploadFile } from "./support/send-file.ts";
import { startPeerServer } from "./support/start-peer-server.ts";

/**
 * How fast requests are accepted, beside one bare synced write and beside bare `add` of the queue engine:
 * `node bench/accept.ts [--requests 300] [--rounds 9] [--seconds 1]`
 */
const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "300" },
    rounds: { type: "string", default: "9" },
    seconds: { type: "string", default: "1" },
  },
});
const bareAddServer = new URL("./support/bare-add-server.ts", import.meta.url);
const requestCount = Number(values.requests);
const inFlight = 50;
const recordBytes = 200;
/** Rounds that count for nothing: the engines compile what runs often only after thousands of calls. */
const warmUpRounds = 3;
const ways = ["single", "bare", "library", "peer", "http", "health"] as const;
type Way = (typeof ways)[number];
const labels: Record<Way, string> = {
  single: "bare BullMQ `add`, in process, one at a time",
  bare: "bare BullMQ `add`, in process",
  library: "accepting without HTTP, record synced, in process",
  peer: "POST to a server of the same make that does nothing but `add`",
  http: "POST to 202, from another process",
  health: "`GET /health` of the same server, for comparison",
};

printHeading("Accepting requests");
const folder = await makeBenchFolder("accept");
const fleet = await startBenchFleet({ environment: { LAKEFLEET_QUEUE_DEPTH_MAX: "10000000" } });
try {
  const file = path.join(folder, "tiny.csv");
  await writeFile(file, "id,name\n1,one\n");
  const job = await uploadFile({ url: fleet.url, file, fields: { dataset: "tiny", index: "none" } });
  await followJob({ url: fleet.url, job });
  // The cheapest request that enqueues: a refresh of a dataset without an index.
  const request = renderRequest("/vectors/refresh/tiny", undefined);
  const started = await measureStart(request);
  await fetch(`${fleet.url}/fleet/refresh/pause`, { method: "POST" });
  reportOneByOne(started, await measureAccept(request));
  const rounds = await measureRate(request);
  reportRate(rounds);
  reportProcessorTime(rounds);
  console.log(describeLoad("after"));
} finally {
  await fleet.stop();
  await rm(folder, { recursive: true, force: true });
}

interface OneByOne {
  /** Milliseconds of a bare append and sync in turn with each request. */
  bare: number[];
  ours: number[];
}

/** From the request to the 202, with the workers at rest. */
async function measureAccept(request: Buffer): Promise<OneByOne> {
  const connection = await openConnection(fleet.url);
  const result = await inTurn(() => accept(connection, request));
  connection.close();
  return result;
}

/** From the request to the moment at which the worker has taken the job, which the queue engine notes. */
async function measureStart(request: Buffer): Promise<OneByOne> {
  const connection = await openConnection(fleet.url);
  const redis = new Redis({ path: redisSocket(fleet.dataFolder) });
  const result = await inTurn(async () => {
    const begin = performance.timeOrigin + performance.now();
    const { id, queue } = await accept(connection, request);
    const key = `${keyPrefix}:${queue}:${id}`;
    const taken = Number(await waitFor("the job to start", 10_000, () => redis.hget(key, "processedOn")));
    await waitFor("the job to end", 10_000, () => redis.hget(key, "finishedOn"));
    // Noted in whole milliseconds, cut off: half of one is lost on average.
    return taken + 0.5 - begin;
  });
  connection.close();
  redis.disconnect();
  return result;
}

async function inTurn(call: () => Promise<unknown>): Promise<OneByOne> {
  await using handle = await open(path.join(folder, "bare"), "a");
  const record = Buffer.alloc(recordBytes, "x");
  const result: OneByOne = { bare: [], ours: [] };
  // The first tenth warms both up.
  for (let turn = -requestCount / 10; turn < requestCount; turn++) {
    const bare = await timed(async () => {
      await handle.write(record);
      await handle.datasync();
    });
    const ours = await timed(call);
    if (turn < 0) continue;
    result.bare.push(bare);
    result.ours.push(ours);
  }
  return result;
}

/** The milliseconds that the call took, or says that it took. */
async function timed(call: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  const said = await call();
  return typeof said === "number" ? said : performance.now() - begin;
}

async function accept(connection: KeepAliveConnection, request: Buffer) {
  const { status, body } = await connection.send(request);
  if (status !== 202) throw new Error(`not accepted: ${status} ${body}`);
  return JSON.parse(body).job as { id: string; queue: string };
}

interface Round {
  perSecond: number;
  /** Processor time for each call, by process. */
  cpuUs: Record<string, number>;
}
type Rounds = Record<Way, Round[]>;
type Call = (connection: KeepAliveConnection | undefined) => Promise<{ status: number } | undefined>;

/** Short rounds in turn, so that a busy moment of the machine falls on all of them. */
async function measureRate(request: Buffer): Promise<Rounds> {
  const queue = await openBareQueue(path.join(folder, "own"));
  const peer = await startPeerServer(bareAddServer, [path.join(folder, "peer")]);
  const add = renderRequest("/add", undefined);
  const health = Buffer.from("GET /health HTTP/1.1\r\nhost: bench\r\n\r\n");
  const calls: Record<Way, Call> = {
    single: () => queue.add(),
    bare: () => queue.add(),
    library: () => queue.accept(),
    peer: (connection) => connection!.send(add),
    http: (connection) => connection!.send(request),
    health: (connection) => connection!.send(health),
  };
  const urls: Partial<Record<Way, string>> = { peer: peer.url, http: fleet.url, health: fleet.url };
  const pids = {
    bench: process.pid,
    "bare Redis": queue.redisPid,
    "bare server": peer.pid,
    "its Redis": peer.redisPid!,
    ...(await fleetPids()),
  };
  try {
    const rounds: Rounds = { single: [], bare: [], library: [], peer: [], http: [], health: [] };
    for (let round = -warmUpRounds; round < Number(values.rounds); round++) {
      for (const way of ways) {
        const url = urls[way];
        // Anew for each round: those of the round before have been idle for longer than a server may keep them.
        const connections = url === undefined ? [] : await openConnections(url);
        const lanes = way === "single" ? 1 : inFlight;
        const measured = await measureRound((lane) => calls[way](connections[lane]), lanes, pids);
        for (const connection of connections) connection.close();
        if (round >= 0) rounds[way].push(measured);
      }
    }
    return rounds;
  } finally {
    await queue.close();
    await peer.stop();
  }
}

function openConnections(url: string): Promise<KeepAliveConnection[]> {
  return Promise.all(Array.from({ length: inFlight }, () => openConnection(url)));
}

async function fleetPids(): Promise<Record<string, number>> {
  const named = (await fleet.processes()).map(({ name, pid }) => [name, pid] as const);
  const { gateway, redis } = Object.fromEntries(named);
  if (gateway === undefined || redis === undefined) throw new Error("the gateway or its Redis does not run");
  return { gateway, "fleet's Redis": redis };
}

async function measureRound(
  call: (lane: number) => Promise<{ status: number } | undefined>,
  lanes: number,
  pids: Record<string, number>,
): Promise<Round> {
  const before = processorTimeUs(pids);
  const begin = performance.now();
  let count = 0;
  const lane = async (place: number) => {
    while (performance.now() - begin < 1_000 * Number(values.seconds)) {
      const answer = await call(place);
      if (answer !== undefined && answer.status >= 300) throw new Error(`not accepted: ${answer.status}`);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, place) => lane(place)));
  const perSecond = (1_000 * count) / (performance.now() - begin);
  const used = Object.entries(processorTimeUs(pids)).map(([name, us]) => [
    name,
    (us - before[name]!) / count,
  ]);
  return { perSecond, cpuUs: Object.fromEntries(used) };
}

function reportOneByOne(started: OneByOne, accepted: OneByOne): void {
  const line = (label: string, { bare, ours }: OneByOne, most: number) => {
    const difference = quantile(ours, 0.5) - quantile(bare, 0.5);
    const of = (times: number[]) =>
      `${quantile(times, 0.5).toFixed(2)} / ${quantile(times, 0.95).toFixed(2)}`;
    return [label, of(ours), of(bare), difference.toFixed(2), verdict(difference, { most })];
  };
  printTable(
    [
      "one at a time",
      "p50 / p95 ms",
      `bare synced append of ${recordBytes} bytes`,
      "difference of p50",
      "limit in ms",
    ],
    [line("POST to 202", accepted, 5), line("POST to the job's start", started, 15)],
  );
}

function reportRate(rounds: Rounds): void {
  const rateOf = (way: Way) => median(rounds[way].map((round) => round.perSecond));
  const line = (way: Way) => {
    const to = (peer: Way) => rateOf(way) / rateOf(peer);
    const limit = way === "http" ? verdict(to("peer"), { least: 0.5 }) : "";
    return [labels[way], rateOf(way).toFixed(0), to("bare").toFixed(2), to("peer").toFixed(2), limit];
  };
  const titles = [`${inFlight} in flight`, "per second", "to bare `add`", "to the bare server", "limit"];
  printTable(titles, ways.map(line));
}

/** Where the processors go; a rate is bounded by what all processes together need for one call. */
function reportProcessorTime(rounds: Rounds): void {
  const names = Object.keys(rounds.bare[0]!.cpuUs);
  const of = (way: Way, name: string) => median(rounds[way].map((round) => round.cpuUs[name]!));
  const sum = (way: Way) => names.reduce((total, name) => total + of(way, name), 0);
  const line = (way: Way) => [
    labels[way],
    ...names.map((name) => of(way, name).toFixed(0)),
    sum(way).toFixed(0),
  ];
  printTable(["processor time in µs", ...names, "in all"], ways.map(line));
  const cores = os.availableParallelism();
  const most = (1e6 * cores) / (sum("bare") + sum("health"));
  console.log(
    `An add and an HTTP exchange and no record, on ${cores} processors without anything else to do: ${most.toFixed(0)}/s at most.\n`,
  );
}
