import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type FaultLake, openFaultLake } from "../support/fault-lake.ts";
import { endOf, jobUrlOf, send, upload } from "../support/lake-client.ts";
import { sharedData } from "./shared-data.ts";

const spectrum = sharedData("csv-spectrum");

/** Quotes, line breaks and the empty, for a checkout without the collection beside it. */
const own: [string, string, Record<string, string>[]][] = [
  ["quotes.csv", 'a,b\n1,"ha ""ha"" ha"\n', [{ a: "1", b: 'ha "ha" ha' }]],
  ["newlines.csv", 'a,b\n1,"one\ntwo"\n', [{ a: "1", b: "one\ntwo" }]],
  ["empty.csv", 'a,b\n1,""\n', [{ a: "1", b: "" }]],
];

const Expected = z.array(z.record(z.string(), z.string()));
const cases: [string, string | Buffer, Record<string, string>[]][] =
  spectrum === undefined
    ? own
    : readdirSync(path.join(spectrum, "csvs")).map((file) => {
        const expected = readFileSync(path.join(spectrum, "json", file.replace(/\.csv$/, ".json")), "utf8");
        return [file, readFileSync(path.join(spectrum, "csvs", file)), Expected.parse(JSON.parse(expected))];
      });

let lake: FaultLake;
beforeAll(async () => {
  lake = await openFaultLake();
  await lake.startTogether(["api", "serve", "ingest"]);
}, 60_000);
afterAll(() => lake.close());

const Rows = z.object({ rows: z.array(z.record(z.string(), z.unknown())) });

async function ingest(dataset: string, file: { name: string; content: string | Uint8Array }, fields = {}) {
  return endOf(lake.url("api"), jobUrlOf(await upload(lake.url("api"), { dataset, ...fields }, file)));
}

async function rowsOf(dataset: string): Promise<Record<string, unknown>[]> {
  const answer = await send(lake.url("serve"), `/catalog/datasets/by-name/${dataset}/rows`);
  return Rows.parse(JSON.parse(answer.text)).rows;
}

/** CSV has no types, so a number that was found in it is compared by its digits. */
function asText(rows: Record<string, unknown>[]): Record<string, string>[] {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, value === null ? "" : String(value)]),
    ),
  );
}

describe("CSV files over HTTP", () => {
  test("there are cases", () => {
    expect(cases.length).toBeGreaterThan(2);
  });

  test.each(cases)("%s comes back as the rows that its JSON says", async (name, content, expected) => {
    const dataset = `csv-${name.replace(/\W/g, "-")}`;
    expect(await ingest(dataset, { name, content })).toMatchObject({
      state: "completed",
      result: { rows: expected.length, rowsRejected: 0 },
    });
    expect(asText(await rowsOf(dataset))).toEqual(expected);
  });

  test("a file with a bad row is refused with its line, or taken without the row and with the count", async () => {
    const file = { name: "bad.csv", content: "a,b\n1,2\n3,4,5\n6,7\n" };
    const refused = await ingest("bad", file);
    expect(refused).toMatchObject({
      state: "failed",
      error: { type: "csv-fields", status: 422, place: { file: "bad.csv", line: 3, row: 2 } },
    });
    expect((await send(lake.url("serve"), "/catalog/datasets/by-name/bad")).status).toBe(404);
    const skipped = await ingest("bad", file, { on_error: "skip" });
    expect(skipped).toMatchObject({ state: "completed", result: { rows: 2, rowsAdded: 2, rowsRejected: 1 } });
    expect(asText(await rowsOf("bad"))).toEqual([
      { a: "1", b: "2" },
      { a: "6", b: "7" },
    ]);
  });
});
