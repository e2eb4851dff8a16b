import os from "node:os";

/** Prints what ran, where, and how busy the machine was before it; figures without these compare with nothing. */
export function printHeading(title: string): void {
  const [name, ...options] = process.argv.slice(1);
  const [cpu] = os.cpus();
  console.log(`## ${title}\n`);
  console.log(
    `Command: \`node bench/${name?.split("/").at(-1)}${options.map((option) => ` ${option}`).join("")}\``,
  );
  console.log(
    `Machine: ${cpu?.model.trim()}, ${os.availableParallelism()} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ` +
      `${os.type()} ${os.release()}, Node ${process.version}. ${describeLoad("before")}.\n`,
  );
}

export function describeLoad(when: string): string {
  const [one, five] = os.loadavg();
  return `Load ${when}: ${one?.toFixed(1)} over one minute, ${five?.toFixed(1)} over five`;
}

type Cell = string | number;

export function printTable(header: readonly string[], rows: readonly (readonly Cell[])[]): void {
  const line = (cells: readonly Cell[]) => `| ${cells.join(" | ")} |`;
  console.log([line(header), `|${"---|".repeat(header.length)}`, ...rows.map(line)].join("\n"));
  console.log("");
}

/** `≤ 2: met` for the tables. */
export function verdict(value: number, { most, least }: { most?: number; least?: number }): string {
  const met = (most === undefined || value <= most) && (least === undefined || value >= least);
  return `${most === undefined ? `≥ ${least}` : `≤ ${most}`}: ${met ? "met" : "MISSED"}`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
