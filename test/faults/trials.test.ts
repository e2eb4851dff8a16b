import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import type { FailpointName } from "@lakefleet/lib/storage/failpoint.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jobUrlOf, postJson } from "../support/lake-client.ts";
import { openTrialLake, type TrialLake } from "../support/trial-lake.ts";
import { waitFor } from "../support/wait-for.ts";

let world: TrialLake;
beforeAll(async () => {
  world = await openTrialLake({ together: ["ingest", "embed"], alone: ["api", "index"] });
}, 300_000);
afterAll(() => world.lake.close());

/** Lines of the journal as they stand on the disk, before any reader drops a second copy. */
async function rawLines(): Promise<string[]> {
  const segments = (await readdir(world.journalFolder)).filter((name) => name.endsWith(".log"));
  const texts = await Promise.all(
    segments.map((name) => readFile(path.join(world.journalFolder, name), "utf8")),
  );
  return texts.flatMap((text) => text.split("\n").filter(Boolean));
}

describe("a trial worker that is killed", () => {
  // A job survives two deaths.
  const deaths: [FailpointName, FailpointName][] = [
    ["trial.before-publish", "trial.before-record"],
    ["trial.after-publish", "trial.after-record"],
    ["jobs.before-terminal", "jobs.after-terminal"],
  ];
  test.each(deaths.map(([first, second], place) => [first, second, place] as const))(
    "at %s and then at %s leaves a usable cache and exactly one record",
    async (first, second, place) => {
      const { lake } = world;
      const parameters = { connectivity: 8 + place };
      await lake.arm("trial", { name: first, pass: 1 });
      const asked = await world.ask({ parameters });
      await world.died("trial");
      await lake.arm("trial", { name: second, pass: 1 });
      await world.died("trial");
      await lake.start("trial");
      expect(await world.ended(asked.url)).toMatchObject({ state: "completed" });
      expect((await rawLines()).filter((line) => line.includes(asked.trial))).toHaveLength(1);

      const next = await world.ask({ parameters: { ...parameters, expansionSearch: 99 } });
      expect(await world.ended(next.url)).toMatchObject({ state: "completed" });
      const found = (await world.journal()).find((record) => record.trial === next.trial);
      expect(found).toMatchObject({ kind: "trial", graphReused: true });
    },
  );
});

describe("a promotion", () => {
  test.each([
    { points: ["promote.before-commit", "promote.after-commit"] as const, connectivity: 20 },
    { points: ["jobs.after-terminal"] as const, connectivity: 21 },
  ])(
    "whose worker is killed at $points is in the journal once, and serves",
    async ({ points, connectivity }) => {
      const { lake, store } = world;
      const asked = await world.ask({ parameters: { connectivity } });
      expect(await world.ended(asked.url)).toMatchObject({ state: "completed" });

      const [first, ...later] = points;
      await lake.arm("index", { name: first, pass: 1 });
      const path = `/vectors/hnsw/promote/notes/${asked.trial}`;
      const url = jobUrlOf(await postJson(lake.url("api"), path, { why: "the faults ask for it" }));
      await world.died("index");
      for (const name of later) {
        await lake.arm("index", { name, pass: 1 });
        await world.died("index");
      }
      await lake.start("index");
      expect(await world.ended(url)).toMatchObject({ state: "completed" });
      const ended = await waitFor("the journal to know it", 200_000, async () =>
        (await world.journal()).find(
          (record) =>
            record.kind === "promotion" && record.trial === asked.trial && record.outcome !== "started",
        ),
      );
      const active = await activeLog(store, "notes").head();
      expect(ended).toMatchObject({ outcome: "promoted", generation: active?.document.generation });
      expect((await readDefinition(store, "notes")).parameters).toMatchObject({ connectivity });
      const promotions = (await world.journal()).filter(
        (record) => record.kind === "promotion" && record.trial === asked.trial,
      );
      expect(promotions).toHaveLength(2);
    },
  );

  test("whose api is killed before it could write the journal is in it all the same", async () => {
    const { lake } = world;
    const asked = await world.ask({ parameters: { connectivity: 30 } });
    expect(await world.ended(asked.url)).toMatchObject({ state: "completed" });
    await lake.arm("api", { name: "intent.after-sync", pass: 1 });
    const answer = postJson(lake.url("api"), `/vectors/hnsw/promote/notes/${asked.trial}`, {});
    await expect(answer).rejects.toThrow();
    await lake.start("api");
    const outcomes = await waitFor("the promotion to end", 200_000, async () => {
      const found = (await world.journal()).flatMap((record) =>
        record.kind === "promotion" && record.trial === asked.trial ? [record.outcome] : [],
      );
      return found.length > 1 ? found : undefined;
    });
    expect(outcomes).toEqual(["started", "promoted"]);
  });
});
