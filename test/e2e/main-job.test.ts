import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { endOf, jobUrlOf, postJson, readJob, send, upload } from "../support/lake-client.ts";
import { nothingIsLeft, type StartedFleet, startFleet } from "../support/started-fleet.ts";
import { waitFor } from "../support/wait-for.ts";

let fleet: StartedFleet;
let url: string;
/** A watched file waits until it has stopped growing, then for every worker in turn. */
const inboxMs = 60_000;

beforeAll(async () => {
  fleet = await startFleet({});
  url = await fleet.ready();
}, 120_000);
afterAll(() => fleet.clean());

const Answer = z.object({
  generation: z.string(),
  hits: z.array(z.object({ doc_id: z.string(), text: z.string() })),
});
const Index = z.looseObject({
  active: z.string().nullable(),
  accounting: z.looseObject({ rows: z.int(), indexed: z.int(), balanced: z.boolean() }),
});

async function found(index: string, query: string): Promise<string[]> {
  const answer = await postJson(url, "/vectors/search", { index, query, mode: "lexical" });
  if (answer.status === 404 || answer.status === 409 || answer.status === 503) return [];
  expect([answer.status, answer.text]).toEqual([200, answer.text]);
  return Answer.parse(JSON.parse(answer.text)).hits.map((hit) => hit.doc_id);
}

async function indexOf(name: string) {
  return Index.parse(JSON.parse((await send(url, `/vectors/indexes/${name}`)).text));
}

async function ingest(fields: Record<string, string>, content: string, name = "bikes.csv") {
  const job = await endOf(url, jobUrlOf(await upload(url, fields, { name, content })));
  const steps = await Promise.all(
    [...job.children, job].map((step) => send(url, `/jobs/${step.queue}/${step.id}`)),
  );
  expect([job.state, job.state === "completed" ? "" : steps.map((step) => step.text).join("\n")]).toEqual([
    "completed",
    "",
  ]);
  const [first] = job.children;
  return (await readJob(url, `/jobs/ingest/${first?.id}`)).result;
}

const settings = { dataset: "bikes", text_columns: "text", id_column: "id" };
const two = "id,text\n1,the chain is rusty\n2,a flat tyre\n";

describe("from a file to a search", () => {
  test("an uploaded table is searchable when its job has completed", async () => {
    expect(await ingest(settings, two)).toMatchObject({ version: 1, rows: 2, rowsAdded: 2, noop: false });
    expect(await found("bikes", "rusty")).toEqual(["1"]);
    expect(await indexOf("bikes")).toMatchObject({ accounting: { rows: 2, indexed: 2, balanced: true } });
  });

  test("the same content again changes nothing and says so", async () => {
    const before = await indexOf("bikes");
    expect(await ingest(settings, two)).toMatchObject({ version: 1, rows: 2, rowsAdded: 0, noop: true });
    expect((await indexOf("bikes")).active).toBe(before.active);
  });

  test("an upsert replaces rows of the same key and adds the others", async () => {
    const result = await ingest(
      { ...settings, mode: "upsert", key: "id" },
      "id,text\n2,the brake squeals\n3,a bent fork\n",
    );
    expect(result).toMatchObject({ rows: 3, rowsAdded: 1, rowsUpdated: 1 });
    expect([
      await found("bikes", "tyre"),
      await found("bikes", "squeals"),
      await found("bikes", "fork"),
    ]).toEqual([[], ["2"], ["3"]]);
    expect(await indexOf("bikes")).toMatchObject({ accounting: { rows: 3, indexed: 3, balanced: true } });
  });

  test("a replacement leaves nothing of what was there", async () => {
    expect(await ingest({ ...settings, mode: "replace" }, "id,text\n9,a new saddle\n")).toMatchObject({
      rows: 1,
    });
    expect([await found("bikes", "squeals"), await found("bikes", "saddle")]).toEqual([[], ["9"]]);
    expect(await indexOf("bikes")).toMatchObject({ accounting: { rows: 1, indexed: 1, balanced: true } });
  });

  test("a row without text is counted, named, and keeps nothing else from being found", async () => {
    await ingest(
      { ...settings, dataset: "gaps", index: "gaps" },
      'id,text\n1,the chain is rusty\n2,""\n3,a flat tyre\n',
    );
    expect(await found("gaps", "tyre")).toEqual(["3"]);
    const missing = await send(url, "/vectors/indexes/gaps?missing=1");
    expect(JSON.parse(missing.text)).toMatchObject({
      accounting: { rows: 3, indexed: 2, excluded: { empty_text: 1 }, balanced: true },
      missing: [{ doc_id: "2", state: "excluded", reason: "empty_text" }],
    });
  });

  test("a file and a folder of documents in the inbox become searchable by themselves", async () => {
    const { inbox } = dataLayout(fleet.dataFolder);
    await writeFile(path.join(inbox, "note.md"), "# Cellar\n\nThe boiler drips.");
    const outside = path.join(fleet.dataFolder, "recipes");
    await mkdir(outside);
    await writeFile(path.join(outside, "soup.txt"), "Simmer the leeks.");
    await writeFile(path.join(outside, "cake.html"), "<h1>Cake</h1><p>Whisk the eggs.</p>");
    await rename(outside, path.join(inbox, "recipes"));
    await waitFor("the note to be found", inboxMs, async () => (await found("inbox", "boiler")).length > 0);
    await waitFor(
      "the recipes to be found",
      inboxMs,
      async () => (await found("recipes", "leeks eggs")).length === 2,
    );
    expect((await indexOf("recipes")).accounting).toMatchObject({ rows: 2, indexed: 2, balanced: true });
    expect(await found("recipes", "whisk")).toEqual(["cake.html"]);
  });

  test("everything is there after Redis' data is deleted and all processes are started again", async () => {
    const names = ["bikes", "inbox", "recipes"];
    const catalogue = async () => JSON.parse((await send(url, "/catalog/datasets")).text) as unknown;
    const before = [await catalogue(), ...(await Promise.all(names.map(indexOf)))];
    fleet.launcher.kill("SIGTERM");
    expect(await fleet.exited).toEqual({ code: 0, signal: null });
    await rm(dataLayout(fleet.dataFolder).redis, { recursive: true, force: true });
    const again = await startFleet({ through: "bootstrap", dataFolder: fleet.dataFolder });
    const first = fleet;
    fleet = { ...again, clean: () => again.clean().then(() => first.clean()) };
    url = await again.ready();
    expect([await catalogue(), ...(await Promise.all(names.map(indexOf)))]).toEqual(before);
    expect([await found("bikes", "saddle"), await found("recipes", "whisk")]).toEqual([["9"], ["cake.html"]]);
    expect(await ingest(settings, "id,text\n10,a loose spoke\n")).toMatchObject({ rows: 2, rowsAdded: 1 });
    expect(await found("bikes", "spoke")).toEqual(["10"]);
  });

  test("kill -9 of the bootstrap that started the fleet leaves nothing behind", async () => {
    fleet.launcher.kill("SIGKILL");
    await nothingIsLeft(fleet.dataFolder);
  });
});
