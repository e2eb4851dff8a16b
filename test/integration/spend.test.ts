import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { systemClock } from "@lakefleet/lib/guard/guard-clock.ts";
import { openSpendAccount, type SpendAccount } from "@lakefleet/lib/guard/spend-account.ts";
import { openSpendBooks, type SpendBooks } from "@lakefleet/lib/guard/spend-books.ts";
import { readSpendDay } from "@lakefleet/lib/guard/spend-log.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { verifyLake } from "@lakefleet/lib/verification/verify-lake.ts";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";

let server: RedisServer;
let redis: Redis;
let folder: string;
let accounts: SpendAccount[] = [];

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis({ path: server.socketPath });
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-spend-"));
});
afterEach(async () => {
  for (const account of accounts) await account.close();
  accounts = [];
  await redis.flushall();
  await rm(folder, { recursive: true });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const shared = () => ({ redis, provider: "acme", folder, clock: systemClock, telemetry: silentTelemetry() });

function openAccount(capNanoUsd: number | undefined = 10): SpendAccount {
  const account = openSpendAccount({ ...shared(), capNanoUsd, timeoutMs: 1_000 });
  accounts.push(account);
  return account;
}

async function booksToday(books: SpendBooks = openSpendBooks(shared())) {
  const { spent, reserved } = await books.read(await books.today());
  return { spent, reserved };
}

const reserve = (account: SpendAccount, nanoUsd: number) =>
  account.reserve({ nanoUsd, model: "small", signal: undefined });

async function refused(promise: Promise<unknown>): Promise<DomainError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw new Error(`no DomainError, but ${String(error)}`);
  return error;
}

test("the cap is reached to the last billionth, and not passed", async () => {
  const account = openAccount();
  await (await reserve(account, 6)).settle(6);
  await (await reserve(account, 4)).settle(4);
  const problem = await refused(reserve(account, 1));
  expect(problem).toMatchObject({ kind: "busy", type: "spend-cap" });
  expect(problem.retryAfterSeconds).toBeGreaterThan(0);
  expect(await booksToday()).toEqual({ spent: 10, reserved: 0 });
});

test("who asks for what a call under way may leave over waits until it is settled", async () => {
  const account = openAccount();
  const first = await reserve(account, 8);
  const second = reserve(openAccount(), 5);
  await expect.poll(() => openReservations(folder)).toBe(2);
  await first.settle(3);
  await (await second).settle(5);
  expect(await booksToday()).toEqual({ spent: 8, reserved: 0 });
});

test("what is reserved when Redis is flushed counts as spent until it is settled", async () => {
  const account = openAccount();
  const first = await reserve(account, 7);
  await redis.flushall();
  expect(await refused(reserve(openAccount(), 4))).toMatchObject({ type: "spend-cap" });
  expect(await booksToday()).toEqual({ spent: 0, reserved: 7 });
  await first.settle(2);
  expect(await booksToday()).toEqual({ spent: 2, reserved: 0 });
  await (await reserve(account, 8)).settle(8);
});

test("what is settled while Redis has no books is in them afterwards, once", async () => {
  const account = openAccount();
  const first = await reserve(account, 7);
  await redis.flushall();
  await first.settle(3);
  expect(await booksToday()).toEqual({ spent: 3, reserved: 0 });
  await redis.flushall();
  expect(await booksToday()).toEqual({ spent: 3, reserved: 0 });
});

test("after a restart of Redis nothing is reserved before the books are filled from the log", async () => {
  const account = openAccount();
  await (await reserve(account, 7)).settle(7);
  const day = await openSpendBooks(shared()).today();
  // As if the last second of its own log had been lost with the power.
  await redis.hset(`lakefleet:spend:acme:${day}`, "spent", 0);
  await server.kill();
  await server.start();
  expect(await refused(reserve(account, 4))).toMatchObject({ type: "spend-cap" });
  await (await reserve(account, 3)).settle(3);
});

test("whoever fills the books with what was read before another flush is refused", async () => {
  const books = openSpendBooks(shared());
  const day = await books.today();
  const keys = [...books.keys(day), "lakefleet:spend:acme:seeding:slow"];
  await books.scripts.beginSeed(keys, []);
  await redis.flushall();
  expect(await books.scripts.seed(keys, [0, "[]", "[]", 1_000])).toBe("stale");
  expect(await books.scripts.reserve(books.keys(day), [day, "x", 1, 10, 1_000])).toMatchObject({
    verdict: "unseeded",
  });
});

test("without a cap everything is recorded and nothing refused", async () => {
  const account = openSpendAccount({ ...shared(), capNanoUsd: undefined, timeoutMs: 1_000 });
  accounts.push(account);
  await (await reserve(account, 1e12)).settle(1e12);
  expect(await booksToday()).toEqual({ spent: 1e12, reserved: 0 });
});

test("a damaged day is found by verify, and nothing is spent in it", async () => {
  const store = await openLocalStore({ name: "primary", root: folder });
  const spendFolder = path.join(folder, "spend");
  const account = openSpendAccount({ ...shared(), folder: spendFolder, capNanoUsd: 10, timeoutMs: 1_000 });
  await (await reserve(account, 7)).settle(7);
  await account.close();
  const [segment = ""] = (await readdir(spendFolder, { recursive: true })).filter((name) =>
    name.endsWith(".log"),
  );
  await writeFile(path.join(spendFolder, segment), "damaged and more\nthan a torn tail\n");
  await redis.flushall();
  const findings = [];
  const lake = { store, intentsFolder: path.join(folder, "intents"), locks: path.join(folder, "locks") };
  for await (const finding of verifyLake({ ...lake, telemetry: silentTelemetry(), deep: false }))
    findings.push(finding);
  expect(findings).toMatchObject([{ type: "append-log-damaged" }]);
  const another = openSpendAccount({ ...shared(), folder: spendFolder, capNanoUsd: 10, timeoutMs: 1_000 });
  accounts.push(another);
  expect(await refused(reserve(another, 1))).toMatchObject({ kind: "corrupt", type: "append-log-damaged" });
});

/** By the log: how many wait for their end, admitted or not. */
async function openReservations(of: string): Promise<number> {
  const day = await openSpendBooks(shared()).today();
  return (await readSpendDay({ folder: of, provider: "acme", day, telemetry: silentTelemetry() })).open.size;
}
