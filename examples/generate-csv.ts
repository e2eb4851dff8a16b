import { once } from "node:events";
import { parseArgs } from "node:util";
import { createRandom } from "./create-random.ts";

const header = "id,code,quantity,price,ordered,shipped_at,paid,note\n";
// Large enough to spread the cost of a write, small enough to stay in the processor's cache.
const blockBytes = 1 << 18;
const rowBytesMax = 512;
// Rows are put together from rendered pieces, which is what makes this faster than the reader under test.
const pieceCount = 1 << 13;

async function writeCsv(byteCountMax: number, seed: number): Promise<void> {
  if (!Number.isSafeInteger(byteCountMax) || byteCountMax < header.length || !Number.isSafeInteger(seed)) {
    throw new Error("Usage: generate-csv.ts --bytes <at least 52> --seed <whole number>");
  }
  const random = createRandom(seed);
  const amounts = renderPieces(random, renderAmount);
  const times = renderPieces(random, renderTimes);
  const notes = renderPieces(random, renderNote);
  let written = await write(Buffer.from(header));
  let id = 0;
  for (let full = false; !full; ) {
    const block = Buffer.allocUnsafe(blockBytes);
    let end = 0;
    while (end < blockBytes - rowBytesMax) {
      let next = writeDigits(block, end, id + 1);
      next += amounts[random() % pieceCount]!.copy(block, next);
      next += times[random() % pieceCount]!.copy(block, next);
      next += notes[random() % pieceCount]!.copy(block, next);
      full = written + next > byteCountMax;
      if (full) break;
      end = next;
      id += 1;
    }
    written += await write(block.subarray(0, end));
  }
}

async function write(block: Buffer): Promise<number> {
  if (!process.stdout.write(block)) await once(process.stdout, "drain");
  return block.length;
}

/** Writes `value` in decimal and answers where it ends. */
function writeDigits(block: Buffer, start: number, value: number): number {
  let length = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) length += 1;
  let rest = value;
  for (let at = start + length - 1; at >= start; at--) {
    const tens = Math.floor(rest / 10);
    block[at] = 48 + rest - tens * 10;
    rest = tens;
  }
  return start + length;
}

function renderPieces(random: () => number, render: (random: () => number) => string): Buffer[] {
  return Array.from({ length: pieceCount }, () => Buffer.from(render(random)));
}

function renderAmount(random: () => number): string {
  const code = String(random() % 100_000).padStart(6, "0");
  const price = random() % 12 === 0 ? "" : `${random() % 5000}.${String(random() % 100).padStart(2, "0")}`;
  return `,${code},${random() % 250},${price}`;
}

function renderTimes(random: () => number): string {
  const ordered = new Date(Date.UTC(2015, 0, 1) + (random() % 3650) * 86_400_000);
  const shipped = new Date(ordered.getTime() + (random() % 1_000_000) * 1000);
  const shippedText = shipped.toISOString().slice(0, 19).replace("T", " ");
  return `,${ordered.toISOString().slice(0, 10)},${shippedText},${random() % 3 === 0 ? "false" : "true"}`;
}

const words =
  "order parcel late early customer asked for a blue green spare part wheel lamp left at the door paid by card return refund gift wrapped fragile heavy call before delivery second floor".split(
    " ",
  );

function renderNote(random: () => number): string {
  const text = Array.from({ length: 4 + (random() % 9) }, () => words[random() % words.length]!).join(" ");
  switch (random() % 5) {
    case 0:
      return `,"${text}, see ""terms"""\n`;
    case 1:
      return `,"${text}, then ${words[random() % words.length]}"\n`;
    case 2:
      return ",\n";
    default:
      return `,${text}\n`;
  }
}

/**
 * Writes a deterministic CSV of about `--bytes` bytes (the last row is whole, never past the limit) to standard output:
 * `node examples/generate-csv.ts --bytes 1073741824 --seed 1 > orders.csv`
 */
const { values } = parseArgs({
  options: {
    bytes: { type: "string", default: "1048576" },
    seed: { type: "string", default: "1" },
  },
});
await writeCsv(Number(values.bytes), Number(values.seed));
