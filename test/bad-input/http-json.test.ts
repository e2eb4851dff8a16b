import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type FaultLake, openFaultLake } from "../support/fault-lake.ts";
import {
  type Answer,
  endOf,
  type JobView,
  jobUrlOf,
  problemOf,
  send,
  upload,
} from "../support/lake-client.ts";
import { sharedData } from "./shared-data.ts";

const suite = sharedData("json-test-suite/test_parsing");

/** A few of each kind, for a checkout without the suite beside it. */
const own: Record<string, string> = {
  "y_object.json": '{"a":1}',
  "y_array_of_arrays.json": "[[],[1]]",
  "y_lonely_string.json": '"text"',
  "n_comma_at_the_end.json": '[{"a":1},]',
  "n_half_a_string.json": '["a',
  "n_open_brackets.json": "[".repeat(100_000),
  "n_leading_zero.json": '[{"a":01}]',
  "i_lone_surrogate.json": '["\\uDADA"]',
  "i_huge_exponent.json": "[1e9999]",
};

const files: [string, Uint8Array][] =
  suite === undefined
    ? Object.entries(own).map(([name, text]) => [name, Buffer.from(text)])
    : readdirSync(suite).map((name) => [name, readFileSync(path.join(suite, name))]);
const datasetOf = new Map(files.map(([name], position) => [name, `json-${position}`]));

/** What became of one file: refused at once, or the job that ended. */
type Outcome = { refused: Answer } | { job: JobView };

/** Requests in flight: enough to keep both workers fed, few enough to be answered while they work. */
const width = 24;

let lake: FaultLake;
const outcomes = new Map<string, Outcome>();

beforeAll(async () => {
  lake = await openFaultLake();
  await lake.startTogether(["api", "serve", "ingest"]);
  lake.startSpare("ingest");
  const left = [...files];
  const sendAll = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [name, content] = next;
      const answer = await upload(
        lake.url("api"),
        { dataset: datasetOf.get(name)!, index: "none" },
        { name: ascii(name), content },
      );
      outcomes.set(
        name,
        answer.status === 202 ? { job: await endOf(lake.url("api"), jobUrlOf(answer)) } : { refused: answer },
      );
    }
  };
  await Promise.all(Array.from({ length: width }, sendAll));
}, 120_000);
afterAll(() => lake.close());

const ofKind = (kind: string) => [...outcomes].filter(([name]) => name.startsWith(kind));
const Rows = z.object({ rows: z.array(z.unknown()) });

describe("JSON files over HTTP", () => {
  test("there are some of every kind, and each has an outcome", () => {
    expect(outcomes.size).toBe(files.length);
    for (const kind of ["y_", "n_", "i_"]) expect(ofKind(kind).length).toBeGreaterThan(1);
  });

  test("every y_ file is ingested, and its rows are there to be read", async () => {
    for (const [name, outcome] of ofKind("y_")) {
      expect([name, outcome]).toMatchObject([
        name,
        { job: { state: "completed", result: { rowsRejected: 0 } } },
      ]);
      const text = Buffer.from(files.find(([file]) => file === name)![1]).toString("utf8");
      const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
      const answer = await send(
        lake.url("serve"),
        `/catalog/datasets/by-name/${datasetOf.get(name)}/rows?limit=1000`,
      );
      expect([name, answer.status]).toEqual([name, 200]);
      expect([name, Rows.parse(JSON.parse(answer.text)).rows.length]).toEqual([
        name,
        Array.isArray(value) ? value.length : 1,
      ]);
    }
  });

  test("every n_ file is refused with a type that stays and the place", () => {
    for (const [name, outcome] of ofKind("n_")) {
      const problem = "refused" in outcome ? problemOf(outcome.refused) : outcome.job.error;
      if ("job" in outcome) expect([name, outcome.job.state]).toEqual([name, "failed"]);
      expect([name, problem?.status]).toEqual([name, 422]);
      expect([name, problem?.type]).toEqual([name, expect.stringMatching(/^json-/)]);
      expect([name, problem?.place]).toEqual([
        name,
        expect.objectContaining({ line: expect.any(Number), byte: expect.any(Number) }),
      ]);
    }
  });

  test("every i_ file is ingested or refused by name", () => {
    for (const [name, outcome] of ofKind("i_")) {
      if ("job" in outcome && outcome.job.state === "completed") continue;
      const problem = "refused" in outcome ? problemOf(outcome.refused) : outcome.job.error;
      expect([name, problem?.status]).toEqual([name, 422]);
    }
  });

  test("nothing died over them", () => {
    for (const role of ["api", "serve", "ingest"] as const)
      expect([role, lake.isRunning(role)]).toEqual([role, true]);
  });
});

function ascii(name: string): string {
  return name.replace(/[^\w.+-]/g, "_");
}
