import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FaultLake, openFaultLake } from "../support/fault-lake.ts";
import { endOf, jobUrlOf, postJson, problemOf, send, upload } from "../support/lake-client.ts";
import { waitFor } from "../support/wait-for.ts";

let lake: FaultLake;
const indexes = ["bikes", "small"];
/** A chain takes a second or two, and far longer where every other test runs as well. */
const followMs = 60_000;

beforeAll(async () => {
  lake = await openFaultLake();
  await Promise.all([
    lake.startTogether(["serve", "ingest", "embed", "index", "refresh"]),
    lake.start("api"),
  ]);
  const rows = Array.from(
    { length: 60 },
    (_, row) => `${row + 9_007_199_254_740_990},a bicycle of kind ${row}`,
  );
  const fields = { dataset: "bikes", id_column: "id", key: "id", mode: "upsert", text_columns: "body" };
  await completed(upload(lake.url("api"), fields, { name: "b.csv", content: `id,body\n${bigRows(rows)}\n` }));
  await completed(
    postJson(lake.url("api"), "/vectors/index", { index: "small", dataset: "bikes", chunk_size: 64 }),
  );
}, 120_000);
afterAll(() => lake.close());

/** Whole numbers of which JavaScript cannot tell every second one from its neighbour. */
function bigRows(rows: readonly string[]): string {
  return rows
    .map((row, place) => `${9_007_199_254_740_990n + BigInt(place)},${row.split(",")[1]}`)
    .join("\n");
}

async function completed(answer: ReturnType<typeof send>) {
  const job = await endOf(lake.url("api"), jobUrlOf(await answer));
  expect(job).toMatchObject({ state: "completed" });
  return job;
}

const write = (body: string) =>
  send(lake.url("api"), "/datasets/bikes/rows", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });

async function find(index: string, query: string): Promise<string[]> {
  const answer = await postJson(lake.url("serve"), "/vectors/search", {
    index,
    query,
    k: 2,
    mode: "lexical",
  });
  return JSON.parse(answer.text).hits.map((hit: { doc_id: string }) => hit.doc_id);
}

async function stale(): Promise<Record<string, unknown>[]> {
  return JSON.parse((await send(lake.url("serve"), "/vectors/stale")).text).stale;
}

const allFollow = () => waitFor("all indexes to follow", followMs, async () => (await stale()).length === 0);

async function lakefleet(role: "api" | "serve", ...parameters: string[]): Promise<string> {
  const program = fileURLToPath(new URL("../../apps/cli/main.ts", import.meta.url));
  return (await promisify(execFile)(process.execPath, [program, "--url", lake.url(role), ...parameters]))
    .stdout;
}

const setPolicy = async (policy: unknown) => {
  const answer = await send(lake.url("api"), "/vectors/refresh/bikes/policy", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(policy),
  });
  expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('"bikes"')]);
};

describe("the indexes of a dataset", () => {
  test("all follow a row that is appended, and one that is deleted by a key that no double holds", async () => {
    await completed(write('{"rows":[{"id":5,"body":"a velocipede"}]}'));
    await allFollow();
    for (const index of indexes) expect(await find(index, "velocipede")).toEqual(["5"]);
    await completed(write('{"mode":"delete","keys":[9007199254740993, 5]}'));
    await allFollow();
    for (const index of indexes) {
      expect(await find(index, "velocipede")).toEqual([]);
      expect(await find(index, "kind 3")).not.toContain("9007199254740993");
      expect(await find(index, "kind 2")).toContain("9007199254740992");
    }
  });

  test("wait where their policy is manual, are told of as stale, and follow when they are told to, once", async () => {
    await setPolicy({ kind: "manual" });
    await completed(write('{"key":"id","rows":[{"id":9007199254740992,"body":"a penny-farthing"}]}'));
    expect(await stale()).toMatchObject(
      indexes.map((index) => ({ index, dataset: "bikes", rows_behind: 2, policy: { kind: "manual" } })),
    );
    const refresh = () => completed(postJson(lake.url("api"), "/vectors/refresh/bikes", {}));
    const { result } = await refresh();
    expect(result).toMatchObject({ current: [], started: indexes.map((index) => ({ index })) });
    await allFollow();
    expect(await find("small", "farthing")).toEqual(["9007199254740992"]);
    expect((await refresh()).result).toMatchObject({ current: indexes, started: [] });
  });

  test("are told of and refreshed on the command line", async () => {
    await completed(write('{"rows":[{"id":7,"body":"a quadricycle"}]}'));
    expect(await lakefleet("serve", "stale")).toContain("small: 1 rows of bikes behind since");
    expect(await lakefleet("api", "refresh", "bikes")).toBe("bikes: refreshed\nsmall: refreshed\n");
    expect(await lakefleet("api", "refresh", "bikes")).toBe("bikes: nothing to do\nsmall: nothing to do\n");
    expect(await lakefleet("serve", "stale")).toBe("nothing is stale\n");
    expect(await lakefleet("api", "watches")).toMatch(/^inbox: .*inbox -> datasets by file and folder\n$/);
    const policy = ["--policy", "on-append", "--debounce-ms", "100"];
    expect(await lakefleet("api", "refresh", "bikes", ...policy)).toContain("on-append");
    await setPolicy({ kind: "manual" });
  });

  test("follow a schedule by themselves, also after a restart", async () => {
    await lake.kill("api");
    await lake.start("api");
    await setPolicy({ kind: "cron", cron: "* * * * * *" });
    await completed(write('{"rows":[{"id":6,"body":"a draisine"}]}'));
    await allFollow();
    for (const index of indexes) expect(await find(index, "draisine")).toEqual(["6"]);
    await setPolicy({ kind: "on-append", debounce_ms: 0 });
  });
});

test.each([
  [{ kind: "hourly" }, "kind"],
  [{ kind: "cron", cron: "often" }, "cron"],
  [{ kind: "cron", cron: "* * * * *", timezone: "Nowhere" }, "timezone"],
  [{ kind: "on-append", debounce_ms: -1 }, "debounce_ms"],
])("the policy %j is refused", async (policy, field) => {
  const answer = await send(lake.url("api"), "/vectors/refresh/bikes/policy", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(policy),
  });
  expect([answer.status, problemOf(answer).field]).toEqual([400, field]);
});

test.each([
  ['{"mode":"delete","keys":[]}', "rows-shape"],
  ['{"mode":"delete","keys":[[1]]}', "rows-shape"],
  ['{"mode":"swap","rows":[{"a":1}]}', "rows-shape"],
])("the rows %s are refused", async (body, type) => {
  const answer = await write(body);
  expect([answer.status, problemOf(answer).type]).toEqual([400, type]);
});
