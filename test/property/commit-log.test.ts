import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type CommitLog, openCommitLog } from "@lakefleet/lib/storage/commit-log.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { createMemoryStore } from "@lakefleet/lib/storage/memory-store.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { contradictions, type Operation, RaceDocument, RaceEvent, race } from "../support/commit-log-race.ts";

const racer = path.join(import.meta.dirname, "../support/commit-log-racer.ts");

function openRace(store: ObjectStore): CommitLog<RaceDocument> {
  return openCommitLog({ store, prefix: "race", schema: RaceDocument });
}

async function withLocalRoot<Result>(task: (root: string) => Promise<Result>): Promise<Result> {
  const root = await mkdtemp(path.join(tmpdir(), "lakefleet-race-"));
  try {
    return await task(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function historyOf(store: ObjectStore): Promise<RaceDocument[]> {
  const commits = await Array.fromAsync(openRace(store).history({ limit: 10_000 }));
  return commits.reverse().map((commit) => commit.document);
}

async function raceAll(
  store: ObjectStore,
  plan: { shared: boolean; writers: Operation[][] },
): Promise<RaceEvent[]> {
  const shared = openRace(store);
  const runs = plan.writers.map((operations, index) =>
    race(plan.shared ? shared : openRace(store), `writer ${index}`, operations),
  );
  return (await Promise.all(runs)).flat();
}

const operation = fc.constantFrom<Operation>("commit", "commit", "pause", "head", "skip");
const plan = fc.record({
  shared: fc.boolean(),
  writers: fc.array(fc.array(operation, { maxLength: 8 }), { minLength: 1, maxLength: 12 }),
});

describe("the commit log is linearizable", () => {
  test("for any number of writers in one process on a store in memory", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (drawn) => {
        const store = createMemoryStore("race");
        const events = await raceAll(store, drawn);
        expect(contradictions(events, await historyOf(store))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("for any number of writers in one process on a local folder", async () => {
    await fc.assert(
      fc.asyncProperty(plan, (drawn) =>
        withLocalRoot(async (root) => {
          const store = await openLocalStore({ name: "race", root });
          const events = await raceAll(store, drawn);
          expect(contradictions(events, await historyOf(store))).toEqual([]);
        }),
      ),
      { numRuns: 25 },
    );
  });

  test("for three processes and writers of this one on a local folder", async () => {
    await withLocalRoot(async (root) => {
      const store = await openLocalStore({ name: "race", root });
      const children = ["a", "b", "c"].map((name) =>
        promisify(execFile)(process.execPath, [racer, root, `process ${name}`, "40"]),
      );
      const own = raceAll(store, {
        shared: false,
        writers: Array.from({ length: 6 }, () => Array.from({ length: 30 }, () => "commit")),
      });
      const outputs = await Promise.all(children);
      const events = outputs.flatMap(({ stdout }) => z.array(RaceEvent).parse(JSON.parse(stdout)));
      events.push(...(await own));
      const history = await historyOf(store);
      expect(history).toHaveLength(3 * 40 + 6 * 30);
      expect(contradictions(events, history)).toEqual([]);
    });
  });
});

describe("the check of linearizability", () => {
  const event = (
    number: number,
    began: number,
    ended: number,
    kind: RaceEvent["operation"] = "commit",
  ): RaceEvent => ({
    writer: "w",
    step: number,
    operation: kind,
    beganNs: began,
    endedNs: ended,
    number,
  });
  const stored = (number: number, base = number - 1): RaceDocument => ({
    writer: "w",
    step: number,
    base,
    number,
  });

  test("accepts a sound history", () => {
    const events = [event(1, 0, 5), event(2, 3, 9), event(1, 4, 6, "head"), event(2, 10, 11, "head")];
    expect(contradictions(events, [stored(1), stored(2)])).toEqual([]);
  });

  test.each([
    ["a commit that was lost", [event(1, 0, 1), event(2, 2, 3)], [stored(1)]],
    ["a commit decided on an old head", [event(1, 0, 1), event(2, 2, 3)], [stored(1), stored(2, 0)]],
    ["a head that misses what was committed", [event(1, 0, 1), event(0, 2, 3, "head")], [stored(1)]],
    ["a later commit with a lower number", [event(2, 0, 1), event(1, 2, 3)], [stored(1), stored(2)]],
    ["two winners of one number", [event(1, 0, 1), { ...event(1, 0, 1), step: 7 }], [stored(1), stored(2)]],
  ])("finds %s", (_fault, events, history) => {
    expect(contradictions(events, history)).not.toEqual([]);
  });
});
