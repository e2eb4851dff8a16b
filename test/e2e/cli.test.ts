import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ended, jsonOf, commandLineProgram as program, runLakefleet } from "../support/command-line.ts";
import { nothingIsLeft, type StartedFleet, startFleet } from "../support/started-fleet.ts";

let fleet: StartedFleet;
let url: string;
let files: string;

beforeAll(async () => {
  files = await mkdtemp(path.join(os.tmpdir(), "lakefleet-cli-"));
  fleet = await startFleet({ through: "npm", environment: { LAKEFLEET_INGEST_ROOTS: files } });
  url = await fleet.ready();
}, 120_000);
afterAll(async () => {
  await fleet.clean();
  await rm(files, { recursive: true, force: true });
});

function lakefleet(...words: string[]): Promise<Ended> {
  return lakefleetAt(url, ...words);
}

function lakefleetAt(address: string, ...words: string[]): Promise<Ended> {
  return runLakefleet({ url: address, dataFolder: fleet.dataFolder }, words);
}

async function json(...words: string[]): Promise<unknown> {
  return jsonOf(await lakefleet("--json", ...words));
}

describe("lakefleet", () => {
  test("ingests a file, searches it, and names the row that is not in the index", async () => {
    const table = path.join(files, "repairs.csv");
    await writeFile(table, 'id,text\n1,the chain is rusty\n2,""\n3,a flat tyre\n');
    const words = ["--dataset", "repairs", "--text-columns", "text", "--id-column", "id"];
    expect(await json("ingest", table, ...words)).toMatchObject({
      state: "completed",
      result: { vectorCount: 2 },
      ingest: { dataset: "repairs", rows: 3, rowsAdded: 3, rowsRejected: 0, noop: false },
    });
    const again = await lakefleet("ingest", table, ...words);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("nothing new")]);

    expect(await json("search", "repairs", "rusty", "chain", "--mode", "lexical")).toMatchObject({
      hits: [{ doc_id: "1" }],
    });
    const found = await lakefleet("search", "repairs", "flat tyre", "-k", "1");
    expect([found.code, found.stdout]).toEqual([0, expect.stringContaining("a flat tyre")]);

    const status = await lakefleet("status", "repairs");
    expect(status.stdout).toContain(
      "3 rows = 2 indexed + 0 pending + 0 failed + 1 (empty_text 1) excluded; balanced",
    );
    expect(status.stdout).toMatch(/excluded empty_text: row \d+, 2/);
    expect((await lakefleet("indexes")).stdout).toContain("repairs: ready; 3 rows");
    expect(await json("status")).toMatchObject({
      indexes: [{ name: "repairs", accounting: { balanced: true } }],
    });
  });

  test("says that an index has had one model only, and refuses one that nobody has", async () => {
    expect((await lakefleet("migrate-model", "status", "repairs")).stdout).toBe(
      "It has had one model only.\n",
    );
    const refused = await lakefleet("migrate-model", "plan", "repairs", "nobody:model@1");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("nobody:model@1")]);
    const none = await lakefleet("migrate-model", "cutover", "repairs");
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("migrate-model plan repairs")]);
  });

  test("shows and activates a profile, which makes the index that its dataset lacks", async () => {
    const bindings = { embedder: "hash-768@1", datasets: ["repairs"], parameters: { backend: "hnsw" } };
    const made = await fetch(`${url}/models`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: "desk", description: "the repair desk", ...bindings }),
    });
    expect(made.status).toBe(200);
    expect((await lakefleet("profiles")).stdout).toBe("desk: hash-768@1; no index\n");
    expect(await json("profiles", "activate", "desk")).toMatchObject({
      profile: "desk",
      indexes: [{ index: "desk-repairs" }],
    });
    const shown = await lakefleet("profiles", "show", "desk");
    expect(shown.stdout).toMatch(/^desk, version 2, active since .*\n {2}the repair desk\n/);
    expect(shown.stdout).toContain("indexes desk-repairs");
    const found = await fetch(`${url}/vectors/profile/desk/search`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "flat tyre" }),
    });
    expect(await found.json()).toMatchObject({ index: "desk-repairs", hits: [{ doc_id: "3" }, {}] });
    expect((await lakefleet("profiles", "activate", "desk")).stdout).toMatch(/^desk is active/);
    expect((await lakefleet("profiles", "deactivate", "desk")).stdout).toMatch(/^no profile is active/);
    const nobody = await lakefleet("profiles", "activate", "nobody");
    expect([nobody.code, nobody.stdout]).toEqual([2, ""]);
    expect(nobody.stderr).toContain('There is no profile "nobody".');
  });

  test("holds a file against a contract, and shows what a dataset is", async () => {
    const table = path.join(files, "people.csv");
    const rows = Array.from({ length: 20 }, (_, row) => `${row},p${row}@example.org\n`);
    await writeFile(table, `id,mail\n${rows.join("")}7,nobody\n`);
    const contract = JSON.stringify({ columns: [{ name: "mail", pattern: ".+@.+" }], unique: ["id"] });
    const words = ["ingest", table, "--dataset", "people", "--contract", contract];
    const refused = await lakefleet(...words);
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toContain("1 of 21 rows break the contract: row 21 (key 7): mail");
    expect((await lakefleet(...words, "--on-error", "skip")).stdout).toMatch(/20 added.*1 rejected/);
    const shown = await lakefleet("dataset", "people");
    expect(shown.stdout).toMatch(/^people: version 1, 20 rows\n/);
    expect(shown.stdout).toMatch(/mail +varchar +sensitive: email/);
    expect(shown.stdout).toContain("mail: matches .+@.+");
    expect(await json("dataset", "people")).toMatchObject({ rowCount: 20, versions: [{ version: 1 }] });
  });

  test("ingests a folder of documents", async () => {
    const folder = path.join(files, "letters");
    await mkdir(folder);
    await writeFile(path.join(folder, "a.md"), "# Roof\n\nThe roof leaks above the kitchen.");
    await writeFile(path.join(folder, "b.txt"), "The heating is cold.");
    expect(await json("ingest", folder, "--dataset", "letters")).toMatchObject({
      ingest: { rows: 2, rowsAdded: 2 },
    });
    expect(await json("search", "letters", "leaking roof")).toMatchObject({ hits: [{ doc_id: "a.md" }, {}] });
  });

  test("lists, shows and follows jobs, and counts rejected rows", async () => {
    const table = path.join(files, "ragged.csv");
    await writeFile(table, "a,b\n1,2\n3\n");
    const refused = await lakefleet("ingest", table, "--dataset", "ragged");
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toMatch(/^lakefleet: .*line 3.*\n$/);
    const skipped = await lakefleet("ingest", table, "--dataset", "ragged", "--on-error", "skip");
    expect(skipped.stdout).toMatch(/1 added.*1 rejected/);
    expect((await lakefleet("jobs", "list", "--state", "failed")).stdout).toContain("csv-fields");
    const accepted = (await json(
      "ingest",
      table,
      "--dataset",
      "ragged",
      "--no-wait",
      "--on-error",
      "skip",
    )) as {
      job: { queue: string; id: string };
    };
    const { queue, id } = accepted.job;
    expect((await lakefleet("jobs", "follow", queue, id)).stdout).toContain("completed");
    expect(await json("jobs", "show", queue, id)).toMatchObject({
      id,
      state: "completed",
      result: { noop: true },
    });
    expect((await lakefleet("jobs", "retry", queue, id)).code).toBe(2);
  });

  test("makes eval sets of an index, of a TREC collection and of a file, and shows them", async () => {
    const queries = path.join(files, "queries.json");
    const topics = path.join(files, "topics.txt");
    const judgements = path.join(files, "judgements.txt");
    await writeFile(queries, JSON.stringify([{ id: "1", text: "rusty chain", judgements: { 1: 1 } }]));
    await writeFile(topics, "<DOC>\n<DOCNO> 7 </DOCNO>\na flat tyre\n</DOC>\n");
    await writeFile(judgements, "7 Q0 3 1\n");
    const collection = ["--topics", topics, "--judgements", judgements];
    expect(await json("evals", "create", "asked", "--from-json", queries)).toMatchObject({ judged_count: 1 });
    expect(await json("evals", "create", "judged", ...collection)).toMatchObject({ query_count: 1 });
    expect(await json("evals", "autogen", "own", "--index", "repairs")).toMatchObject({ excluding_count: 2 });
    const again = await lakefleet("evals", "create", "judged", ...collection);
    expect(again.stdout).toContain("was there already");
    const list = await lakefleet("evals");
    expect(list.stdout).toMatch(
      /^asked v1: 1 queries.*\njudged v1.*\nown v1: 2 queries.*held-out of repairs/,
    );
    expect((await lakefleet("evals", "show", "judged")).stdout).toContain("7  a flat tyre; 1 relevant");

    await writeFile(judgements, "7 Q0 3 1\n8 Q0 3 1\n");
    const refused = await lakefleet("evals", "create", "judged", ...collection);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/^lakefleet: Line 2 .*\n$/)]);
    expect((await lakefleet("evals", "create", "none")).code).toBe(2);
    expect((await lakefleet("evals", "create", "none", "--from-json", topics)).code).toBe(2);
    expect((await lakefleet("evals", "show", "none")).code).toBe(2);
  });

  test("rolls back to the generation before", async () => {
    const table = path.join(files, "repairs.csv");
    const before = (await json("status", "repairs")) as { active: string };
    await appendFile(table, "4,the saddle squeaks\n");
    await json("ingest", table, "--dataset", "repairs", "--mode", "replace");
    const after = (await json("status", "repairs")) as { active: string };
    expect(after.active).not.toBe(before.active);
    expect(await json("rollback", "repairs")).toMatchObject({
      generation: before.active,
      previous: after.active,
    });
    expect(await json("search", "repairs", "squeaks", "--mode", "lexical")).toMatchObject({
      generation: before.active,
      hits: [],
    });
    expect(await json("promote", "repairs", after.active)).toMatchObject({ generation: after.active });
    expect((await lakefleet("rollback", "repairs", "--generation", "../x")).code).toBe(2);
  });

  test("verifies the data folder while the fleet runs, and looks after the machine", async () => {
    expect(await json("verify", "--deep")).toEqual({ ok: true, findings: [] });
    const doctor = await lakefleet("doctor");
    expect(doctor.stdout).toContain("ok   fleet: ready at");
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining("ok   redis")]);
  });

  test.each([
    ["a command that is not there", ["frobnicate"]],
    ["an option that is not there", ["search", "repairs", "x", "--colour"]],
    ["an argument too few", ["search", "repairs"]],
    ["a missing option", ["ingest", "package.json"]],
    ["a file that is not there", ["ingest", "/nowhere/x.csv", "--dataset", "x"]],
    ["a folder that the fleet may not read", ["ingest", "/etc", "--dataset", "x"]],
    ["a name with a path in it", ["ingest", program, "--dataset", "../x"]],
    ["an index that is not there", ["search", "nowhere", "x"]],
    ["another index that is not there", ["status", "../nowhere"]],
    ["a limit that is no number", ["search", "repairs", "x", "-k", "many"]],
    ["a filter that is no JSON", ["search", "repairs", "x", "--filter", "{year"]],
    ["a mode that is not there", ["search", "repairs", "x", "--mode", "psychic"]],
    ["a job that is not there", ["jobs", "show", "ingest", "nope"]],
    ["a queue that is not there", ["jobs", "list", "--queue", "nope"]],
  ])("%s ends with 2 and one line on stderr", async (_, words) => {
    const { code, stdout, stderr } = await lakefleet(...words);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^lakefleet: [^\n]+\n$/);
  });

  test("where no fleet answers it ends with 1 and says how to start one", async () => {
    const { code, stdout, stderr } = await lakefleetAt("http://127.0.0.1:9", "status");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^lakefleet: No fleet answers at [^\n]+npm start\.\n$/);
    expect((await lakefleetAt("nonsense", "status")).code).toBe(2);
  });

  test("kill -9 of the npm that started the fleet leaves nothing behind", async () => {
    fleet.launcher.kill("SIGKILL");
    await nothingIsLeft(fleet.dataFolder);
  });
});
