import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openAppendLog } from "../storage/append-log.ts";
import { type LocalStore, openLocalStore } from "../storage/local-store.ts";
import { silentTelemetry } from "../telemetry/telemetry.ts";
import { IndexParameters } from "../vector/index-parameters.ts";
import { compactJournal } from "./compact-journal.ts";
import { appendToJournal, journalFolder, readJournal } from "./trial-journal.ts";
import { JournalRecord } from "./trial-record.ts";

const telemetry = silentTelemetry();
let root: string;
let store: LocalStore;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "lakefleet-journal-"));
  store = await openLocalStore({ name: "test", root });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const failure = (trial: string, at: string): JournalRecord => ({
  kind: "failure",
  trial,
  index: "i",
  corpus: "c",
  at,
  parameters: IndexParameters.parse({ backend: "lance" }),
  sampleShare: 1,
  errorType: "trial-failed",
  message: "m",
  why: "test",
});
const append = (record: JournalRecord) => appendToJournal({ store, index: "i" }, record);

describe("compacting a journal", () => {
  test("drops second copies and changes nothing for a reader, also when it is done again", async () => {
    for (const record of [failure("a", "1"), failure("a", "2"), failure("b", "3"), failure("a", "1")])
      await append(record);
    const before = await readJournal({ store, index: "i", telemetry });
    expect(await compactJournal({ store, index: "i", telemetry })).toMatchObject({ kept: 2, dropped: 2 });
    expect(await readJournal({ store, index: "i", telemetry })).toEqual(before);
    expect(await compactJournal({ store, index: "i", telemetry })).toMatchObject({ kept: 2, dropped: 0 });
  });

  test("loses nothing that is appended meanwhile", async () => {
    for (let place = 0; place < 6; place += 1) await append(failure(`old${place}`, `1${place}`));
    const folder = journalFolder({ store, index: "i" });
    const log = await openAppendLog({ folder, schema: JournalRecord });
    const appends = Array.from({ length: 40 }, (_, place) => log.append(failure(`new${place}`, `2${place}`)));
    const compactTwice = async () => {
      await compactJournal({ store, index: "i", telemetry });
      await compactJournal({ store, index: "i", telemetry });
    };
    await Promise.all([
      ...appends,
      compactTwice(),
      ...[1, 2, 3, 4].map((place) => append(failure(`more${place}`, `3${place}`))),
    ]);
    await log.close();
    await compactJournal({ store, index: "i", telemetry });
    expect(await readJournal({ store, index: "i", telemetry })).toHaveLength(50);
  });

  test("of an index without one does nothing", async () => {
    expect(await compactJournal({ store, index: "none", telemetry })).toMatchObject({ kept: 0 });
  });
});
