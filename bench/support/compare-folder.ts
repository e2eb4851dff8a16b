import { setTimeout as pause } from "node:timers/promises";
import { type EditedFolder, hashText } from "./edited-folder.ts";

/** Far longer than it takes; whoever is not done by then is told what is missing. */
const waitMaxMs = 600_000;
const lookEveryMs = 250;

export interface Comparison {
  files: number;
  rows: number;
  /** Files without their row, rows without their file, and those of other content. */
  differing: number;
}

/** Looks until the dataset `notes` has each file of the folder, with its content, and no other row. */
export async function untilEqual(url: string, notes: EditedFolder): Promise<Comparison> {
  const wanted = await notes.hashes();
  const deadline = performance.now() + waitMaxMs;
  for (;;) {
    const comparison = compare(wanted, await readRows(url));
    if (comparison.differing === 0 || performance.now() > deadline) return comparison;
    await pause(lookEveryMs);
  }
}

interface Row {
  path: string;
  content: string;
}

function compare(wanted: ReadonlyMap<string, string>, rows: readonly Row[]): Comparison {
  const right = new Set(
    rows.flatMap((row) => (wanted.get(row.path) === hashText(row.content) ? row.path : [])),
  );
  const differing = wanted.size - right.size + (rows.length - right.size);
  return { files: wanted.size, rows: rows.length, differing };
}

/** All rows of one version. */
async function readRows(url: string): Promise<Row[]> {
  const home = `${url}/catalog/datasets/by-name/notes`;
  const answer = await fetch(home);
  if (answer.status === 404) return [];
  const { version } = (await readAnswer(answer)) as { version: number };
  const rows: Row[] = [];
  for (;;) {
    const page = await fetch(`${home}/rows?version=${version}&limit=10000&offset=${rows.length}`);
    const read = ((await readAnswer(page)) as { rows: Row[] }).rows;
    if (read.length === 0) return rows;
    rows.push(...read);
  }
}

export interface Accounting {
  rows: number;
  indexed: number;
  balanced: boolean;
}

/** Looks until all these rows can be found in the index `notes`. */
export async function untilIndexed(url: string, rows: number): Promise<Accounting> {
  const deadline = performance.now() + waitMaxMs;
  for (;;) {
    const answer = await fetch(`${url}/vectors/indexes/notes`);
    const { accounting } = (answer.ok ? await readAnswer(answer) : {}) as { accounting?: Accounting };
    const books = accounting ?? { rows: 0, indexed: 0, balanced: true };
    if ((books.indexed === rows && books.rows === rows) || performance.now() > deadline) return books;
    await pause(lookEveryMs);
  }
}

async function readAnswer(answer: Response): Promise<unknown> {
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}
