import { logTicks, recallTicks, stretchRecall } from "./axis-ticks.ts";
import { shortNumber } from "./svg-text.ts";

/** In pixels; the area of the points leaves room for the axes, the heading and the legend. */
export const plotSize = { width: 820, height: 520 };
const area = { left: 78, right: 790, top: 84, bottom: 450 };

export interface PlotFrame {
  x(p95Ms: number): number;
  y(recall: number): number;
  /** Both axes with their ticks, lines and names. */
  axes: string;
}

/** Where points stand: trials differ by factors, in their p95 and in what they miss. */
export function plotFrame(points: readonly { recall: number; p95Ms: number }[], k: string): PlotFrame {
  const times = points.map(({ p95Ms }) => Math.max(p95Ms, 1e-3));
  const [fastest, slowest] = [Math.min(...times) / 1.25, Math.max(...times) * 1.25];
  const worst = Math.min(...points.map(({ recall }) => recall));
  // A little room below the worst, and never less than from 0.95 up.
  const floor = Math.max(0, Math.min(worst - (1 - worst) * 0.15, 0.95));
  const [lowest, highest] = [stretchRecall(floor), stretchRecall(1) + 0.2];
  const x = (p95Ms: number) =>
    at(Math.log(Math.max(p95Ms, 1e-3)), Math.log(fastest), Math.log(slowest), area.left, area.right);
  const y = (recall: number) => at(stretchRecall(recall), lowest, highest, area.bottom, area.top);
  const parts = [
    ...logTicks(fastest, slowest).map((tick) => verticalLine(x(tick), shortNumber(tick))),
    ...recallTicks(floor).map((tick) => horizontalLine(y(tick), String(tick))),
    `<text x="${(area.left + area.right) / 2}" y="496" text-anchor="middle">p95 latency in ms (logarithmic)</text>`,
    `<text transform="translate(22 ${(area.top + area.bottom) / 2}) rotate(-90)" text-anchor="middle">${k}</text>`,
  ];
  return { x, y, axes: parts.join("\n") };
}

function at(value: number, from: number, to: number, start: number, end: number): number {
  return Number((start + ((value - from) / (to - from)) * (end - start)).toFixed(1));
}

function verticalLine(x: number, name: string): string {
  return `<line class="grid" x1="${x}" x2="${x}" y1="${area.top}" y2="${area.bottom}"/>
<text class="soft" x="${x}" y="470" text-anchor="middle">${name}</text>`;
}

function horizontalLine(y: number, name: string): string {
  return `<line class="grid" x1="${area.left}" x2="${area.right}" y1="${y}" y2="${y}"/>
<text class="soft" x="${area.left - 8}" y="${y + 4}" text-anchor="end">${name}</text>`;
}
