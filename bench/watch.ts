import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { quantile } from "@lakefleet/lib/evaluation/quantile.ts";
import { createRandom } from "../examples/create-random.ts";
import { makeBenchFolder, startBenchFleet } from "./support/bench-fleet.ts";
import { untilEqual, untilIndexed } from "./support/compare-folder.ts";
import { type EditedFolder, openEditedFolder } from "./support/edited-folder.ts";
import { followJob } from "./support/follow-job.ts";
import { generateFile } from "./support/generate-file.ts";
import { type MortalFleet, openMortalFleet } from "./support/mortal-fleet.ts";
import { describeLoad, printHeading, printTable, verdict } from "./support/print-report.ts";
import { postJson, uploadFile } from "./support/send-file.ts";

/**
 * Files that are dropped at once, edited and deleted while the whole fleet is killed and started again: does the dataset
 * equal the folder in the end? And how soon an appended row is found:
 * `node bench/watch.ts [--files 5000] [--kills 3] [--seed 1] [--appends 100] [--rows 20000]`
 */
const { values } = parseArgs({
  options: {
    files: { type: "string", default: "5000" },
    kills: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    appends: { type: "string", default: "100" },
    rows: { type: "string", default: "20000" },
  },
});
const [files, kills, seed, appends] = [values.files, values.kills, values.seed, values.appends].map(
  Number,
) as [number, number, number, number];
const limits = { differing: 0, searchableMs: 3_000 };
/** Of the files each time, before a kill and after it. */
const editedShare = 0.05;
/** The first kill hits the reading of the drop, the later ones that of the edits, which begins within a second. */
const killAfterMaxMs = 6_000;
const lookEveryMs = 20;

printHeading("Watched folders and appended rows");
const folder = await makeBenchFolder("watch");
try {
  if (files > 0) await measureFolder();
  if (appends > 0) await measureAppends();
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(describeLoad("at the end"));

async function measureFolder(): Promise<void> {
  const watched = path.join(folder, "watched");
  await mkdir(watched);
  const fleet = openMortalFleet({
    dataFolder: path.join(folder, "data"),
    environment: { LAKEFLEET_INGEST_ROOTS: watched },
  });
  try {
    const notes = openEditedFolder(watched, seed);
    await addWatch(await fleet.start(), watched);
    const begin = performance.now();
    await notes.drop(files);
    const droppedMs = performance.now() - begin;
    const url = await editUnderKills(fleet, notes);
    const changed = performance.now();
    const found = await untilEqual(url, notes);
    const equalMs = performance.now() - changed;
    const accounting = await untilIndexed(url, found.rows);
    const indexedMs = performance.now() - changed;
    const damage = await fleet.countDamage();
    const { dropped, edited, deleted } = notes.counts();
    printTable(
      [
        "dropped at once",
        "new later",
        "edited",
        "deleted",
        "kills of the fleet",
        "files in the end",
        "rows in the end",
      ],
      [[files, dropped - files, edited, deleted, kills, found.files, found.rows]],
    );
    printTable(
      ["files that differ", "verify --deep", "drop s", "last edit → equal s", "→ all searchable s", "index"],
      [
        [
          `${found.differing}, ${verdict(found.differing, { most: limits.differing })}`,
          `${damage} findings, ${verdict(damage, { most: 0 })}`,
          ...[droppedMs, equalMs, indexedMs].map((ms) => (ms / 1_000).toFixed(1)),
          `${accounting.indexed} of ${accounting.rows}${accounting.balanced ? "" : ", NOT BALANCED"}`,
        ],
      ],
    );
  } finally {
    await fleet.remove();
  }
}

async function addWatch(url: string, watched: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ folder: watched, dataset: "notes" });
  const answer = await fetch(`${url}/ingest/watches`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
}

/** Somebody edits on while the fleet dies and comes back. */
async function editUnderKills(fleet: MortalFleet, notes: EditedFolder): Promise<string> {
  const random = createRandom(seed + 1);
  const share = Math.ceil(files * editedShare);
  for (let kill = 0; kill < kills; kill += 1) {
    const editing = notes.edit(share);
    await pause(random() % killAfterMaxMs);
    await fleet.kill();
    await editing;
    await notes.edit(share);
    await fleet.start();
  }
  await notes.edit(share);
  return fleet.start();
}

/** From the 202 to the search that finds the row. */
async function measureAppends(): Promise<void> {
  const file = path.join(folder, "texts.csv");
  await generateFile("generate-texts.ts", ["--rows", values.rows, "--seed", "1"], file);
  const fleet = await startBenchFleet();
  const { url } = fleet;
  try {
    const fields = { dataset: "texts", id_column: "id", text_columns: "text" };
    await followJob({ url, job: await uploadFile({ url, file, fields }) });
    const firstId = Number(values.rows) + 1;
    const sendRow = (row: TextRow) => postJson(`${url}/datasets/texts/rows`, { rows: [row] });
    const direct = await appendOften(sendRow, url, firstId);
    const sendFile = async ({ id, text }: TextRow, place: number) => {
      const rows = path.join(folder, `row-${place}.csv`);
      await writeFile(rows, `id,text\n${id},${text}\n`);
      return uploadFile({ url, file: rows, fields: { dataset: "texts", index: "none" } });
    };
    const byPolicy = await appendOften(sendFile, url, firstId + appends);
    console.log(`One row appended to ${values.rows}, ${appends} times each way, milliseconds from the 202\n`);
    printTable(
      ["way", "p50", "p95", "max", "limit of p95"],
      [
        rowOf("`POST /datasets/texts/rows`", direct),
        rowOf("a file, and the index follows by its policy", byPolicy),
      ],
    );
  } finally {
    await fleet.stop();
  }
}

interface TextRow {
  id: number;
  text: string;
}

/** Sends row after row, each once the one before is found, and gives the time of each. */
async function appendOften(
  append: (row: TextRow, place: number) => Promise<unknown>,
  url: string,
  firstId: number,
): Promise<number[]> {
  const durations: number[] = [];
  for (let place = 0; place < appends; place += 1) {
    const id = firstId + place;
    const word = `appended${id}`;
    await append({ id, text: `the row ${word} has just come` }, place);
    const accepted = performance.now();
    while (!(await isFound(url, word))) await pause(lookEveryMs);
    durations.push(performance.now() - accepted);
  }
  return durations;
}

async function isFound(url: string, word: string): Promise<boolean> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ index: "texts", query: word, k: 1, mode: "lexical" });
  const answer = await fetch(`${url}/vectors/search`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  const { hits } = (await answer.json()) as { hits: { text: string }[] };
  return hits[0]?.text.includes(word) === true;
}

function rowOf(way: string, durations: readonly number[]): string[] {
  const [p50, p95] = [quantile(durations, 0.5), quantile(durations, 0.95)];
  const figures = [p50, p95, Math.max(...durations)].map((ms) => ms.toFixed(0));
  return [way, ...figures, verdict(p95, { most: limits.searchableMs })];
}
