import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { hasCode } from "../storage/error-code.ts";

export interface GraphicsCard {
  index: number;
  name: string;
  totalMib: number;
  usedMib: number;
  freeMib: number;
  /** Percent of the last sampling period; some cards do not tell. */
  busyPercent: number | undefined;
}

/** The cards, or why there are none to tell of. */
export type GraphicsCards = { cards: GraphicsCard[] } | { absent: string };

const fields = ["index", "name", "memory.total", "memory.used", "memory.free", "utilization.gpu"];
/** It answers within a second; a driver that hangs must not hold a request. */
const answerWithinMs = 5_000;

/** Asks `nvidia-smi`, wherever it is on the PATH. */
export async function readGraphicsCards(): Promise<GraphicsCards> {
  const question = [`--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"];
  try {
    const { stdout } = await promisify(execFile)("nvidia-smi", question, { timeout: answerWithinMs });
    return { cards: stdout.split("\n").filter(Boolean).map(parseCard) };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return { absent: "There is no nvidia-smi on the PATH." };
    return { absent: "nvidia-smi failed, as it does where no driver is loaded." };
  }
}

function parseCard(line: string): GraphicsCard {
  const [index = "", name = "", total = "", used = "", free = "", busy = ""] = line.split(", ");
  return {
    index: Number(index),
    name,
    totalMib: Number(total),
    usedMib: Number(used),
    freeMib: Number(free),
    busyPercent: /^\d+$/.test(busy) ? Number(busy) : undefined,
  };
}
