import { describe, expect, test } from "vitest";
import { journalPage } from "./journal-page.ts";
import type { JournalRecord } from "./trial-record.ts";

const record = (name: string, at: string): JournalRecord => ({
  kind: "promotion",
  trial: name,
  index: "i",
  intent: name,
  at,
  actor: "test",
  outcome: "started",
  generation: null,
  why: "test",
});
const journal = [record("a", "1"), record("b", "2"), record("c", "2"), record("d", "3")];
const names = (records: JournalRecord[]) => records.map(({ trial }) => trial).join("");

describe("the pages of a journal", () => {
  test("show every record once, newest first, also where records are added in between", () => {
    const first = journalPage(journal, { limit: 2 });
    expect([names(first.records), first.total]).toEqual(["dc", 4]);
    const grown = [...journal, record("e", "4")];
    const second = journalPage(grown, { limit: 2, before: first.next ?? "" });
    expect([names(second.records), second.next]).toEqual(["ba", null]);
  });

  test("end where there is nothing", () => {
    expect(journalPage([], { limit: 5 })).toEqual({ records: [], next: null, total: 0 });
  });

  test("do not begin at what is no place", () => {
    expect(() => journalPage(journal, { limit: 5, before: "zzz" })).toThrow(
      expect.objectContaining({ type: "page-mark", field: "before" }),
    );
  });
});
