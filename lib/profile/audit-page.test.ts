import { mkdtemp, rename, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type LocalStore, openLocalStore } from "../storage/local-store.ts";
import { silentTelemetry } from "../telemetry/telemetry.ts";
import { type AuditPage, readAuditPage } from "./audit-page.ts";
import { auditFolder, openProfileAudit } from "./profile-audit.ts";

let root: string;
let store: LocalStore;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  root = await mkdtemp(path.join(os.tmpdir(), "lakefleet-audit-"));
  store = await openLocalStore({ name: "primary", root });
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(root, { recursive: true });
});

/** One process that writes a record at each of the times, named after its place among them. */
async function write(times: readonly string[], name = "r"): Promise<void> {
  const audit = openProfileAudit(store);
  for (const [place, time] of times.entries()) {
    vi.setSystemTime(new Date(time));
    await audit.append("notes", { event: "refused", kind: `${name}${place}` });
  }
  await audit.close();
}

const page = (limit: number, before?: string) =>
  readAuditPage({ store, id: "notes", limit, before, telemetry: silentTelemetry() });
const kinds = ({ records }: AuditPage) => records.map(({ kind }) => kind);

async function allPages(limit: number): Promise<(string | undefined)[][]> {
  const pages: (string | undefined)[][] = [];
  for (let before: string | null | undefined; before !== null; ) {
    const read = await page(limit, before);
    pages.push(kinds(read));
    before = read.next;
  }
  return pages;
}

test("pages show every record once, newest first, over days and the files of several processes", async () => {
  await write(["2026-01-30T23:59:59Z", "2026-01-31T10:00:00Z", "2026-01-31T12:00:00Z"], "a");
  await write(["2026-01-31T11:00:00Z", "2026-02-02T09:00:00Z"], "b");
  expect(await allPages(2)).toEqual([["b1", "a2"], ["b0", "a1"], ["a0"]]);
  expect(await allPages(5)).toEqual([["b1", "a2", "b0", "a1", "a0"]]);
});

test("records of one millisecond, and even equal ones, are neither repeated nor left out between pages", async () => {
  for (let process = 0; process < 3; process += 1) await write(Array(3).fill("2026-01-31T10:00:00.123Z"));
  const shown = (await allPages(2)).flat();
  expect(shown.toSorted()).toEqual(["r0", "r0", "r0", "r1", "r1", "r1", "r2", "r2", "r2"]);
});

test("what is written while somebody turns the pages moves none of them", async () => {
  await write(["2026-01-31T10:00:00Z", "2026-01-31T11:00:00Z", "2026-01-31T12:00:00Z"], "a");
  const first = await page(1);
  await write(["2026-01-31T13:00:00Z", "2026-02-01T13:00:00Z"], "b");
  expect(kinds(await page(2, first.next ?? ""))).toEqual(["a1", "a0"]);
});

test("records of before the days had folders come last", async () => {
  await write(["2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z"], "old");
  const folder = auditFolder(store, "notes");
  await rename(path.join(folder, "2026-01-01"), path.join(root, "moved"));
  await rm(folder, { recursive: true });
  await rename(path.join(root, "moved"), folder);
  await write(["2026-01-02T10:00:00Z"], "new");
  expect(await allPages(2)).toEqual([["new0", "old1"], ["old0"]]);
});

test("of a day with more records than a page needs the newest are given", async () => {
  await write(
    Array.from({ length: 60 }, (_, minute) => `2026-01-31T10:${String(minute).padStart(2, "0")}:00Z`),
  );
  expect(kinds(await page(3))).toEqual(["r59", "r58", "r57"]);
});

test("a profile that nothing was written of has an empty page, and what is no mark is refused", async () => {
  expect(await page(5)).toEqual({ records: [], next: null });
  for (const before of ["", "nonsense", Buffer.from("2026-01-01T00:00:00.000Z").toString("base64url")])
    await expect(page(5, before)).rejects.toMatchObject({
      kind: "invalid",
      type: "page-mark",
      field: "before",
    });
});
