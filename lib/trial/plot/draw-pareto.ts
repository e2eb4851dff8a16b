import { describeParameters } from "../describe-parameters.ts";
import { paretoFront } from "../pareto-front.ts";
import type { TrialRecord } from "../trial-record.ts";
import { type PlotFrame, plotFrame, plotSize } from "./plot-frame.ts";
import { plotStyle } from "./plot-style.ts";
import { escapeText, shortNumber } from "./svg-text.ts";

export interface ParetoPlot {
  index: string;
  /** Comparable ones. */
  trials: readonly TrialRecord[];
  /** The trial whose configuration serves. */
  champion?: string | undefined;
}

/** A quick build is still a point that can be pointed at, a slow one hides no others. */
const radius = { min: 4, max: 16 };

/**
 * Recall against p95 as an SVG document of its own: a point for each trial, as large as its build took long, a line along
 * the front, a ring around the champion. It says the same in words, and takes the reader's light or dark scheme.
 */
export function drawPareto({ index, trials, champion }: ParetoPlot): string {
  const front = paretoFront(trials);
  const best = trials.find(({ trial }) => trial === champion);
  const parts = trials.length === 0 ? [nothingYet()] : points({ trials, front, best });
  const { width, height } = plotSize;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title summary">
<title id="title">Trials of ${escapeText(index)}: recall against p95</title>
<desc id="summary">${escapeText(summary(trials, front, best))}</desc>
<style>${plotStyle}</style>
<rect class="ground" width="${width}" height="${height}"/>
<text class="heading" x="24" y="32">Trials of ${escapeText(index)}</text>
${parts.join("\n")}
</svg>
`;
}

interface Points {
  trials: readonly TrialRecord[];
  front: readonly TrialRecord[];
  best: TrialRecord | undefined;
}

function points({ trials, front, best }: Points): string[] {
  const [first] = trials;
  const frame = plotFrame(trials, `recall@${first?.k ?? ""} (stretched towards 1)`);
  const slowest = Math.max(...trials.map(({ buildMs }) => buildMs));
  const size = ({ buildMs }: TrialRecord) => sizeOf(buildMs, slowest);
  const line = front.map((trial) => `${frame.x(trial.p95Ms)},${frame.y(trial.recall)}`).join(" ");
  // Large ones first, so that they hide nothing.
  const circles = trials
    .toSorted((left, right) => right.buildMs - left.buildMs)
    .map((trial) => circle(frame, trial, size(trial), front.includes(trial) ? "best" : "point"));
  return [
    legend(slowest, best !== undefined),
    frame.axes,
    `<polyline class="front" points="${line}"/>`,
    ...circles,
    ...(best === undefined ? [] : [ring(frame, best, size(best))]),
  ];
}

/** The area, which is what the eye compares, grows with the time. */
function sizeOf(buildMs: number, slowest: number): number {
  const share = slowest > 0 ? buildMs / slowest : 0;
  return Number(Math.max(radius.min, radius.max * Math.sqrt(share)).toFixed(1));
}

function circle({ x, y }: PlotFrame, trial: TrialRecord, size: number, kind: string): string {
  const words = `${describeParameters(trial.parameters)}: recall ${trial.recall.toFixed(4)}, p95 ${shortNumber(trial.p95Ms)} ms, built in ${seconds(trial.buildMs)}`;
  return `<circle class="${kind}" cx="${x(trial.p95Ms)}" cy="${y(trial.recall)}" r="${size}"><title>${escapeText(words)}</title></circle>`;
}

function ring({ x, y }: PlotFrame, best: TrialRecord, size: number): string {
  const [centre, middle] = [x(best.p95Ms), y(best.recall)];
  // What beats a trial stands to its left, so its right is mostly free.
  const isRight = centre > plotSize.width - 130;
  const side = isRight ? -1 : 1;
  return `<circle class="champion" cx="${centre}" cy="${middle}" r="${size + 5}"/>
<text class="champion-name" x="${centre + side * (size + 12)}" y="${middle + size + 18}" text-anchor="${isRight ? "end" : "start"}">serves now</text>`;
}

function legend(slowest: number, hasChampion: boolean): string {
  const middle = 58;
  return `<circle class="point" cx="40" cy="${middle}" r="${radius.max}"/><text class="soft" x="64" y="${middle + 4}">built in ${seconds(slowest)}; smaller is quicker</text>
<line class="front" x1="330" x2="358" y1="${middle}" y2="${middle}"/><text class="soft" x="366" y="${middle + 4}">no trial is better in both</text>${hasChampion ? `\n<circle class="champion" cx="580" cy="${middle}" r="9"/><text class="soft" x="598" y="${middle + 4}">serves now</text>` : ""}`;
}

function nothingYet(): string {
  return `<text class="soft" x="24" y="64">There is no trial of the whole index yet.</text>`;
}

function summary(
  trials: readonly TrialRecord[],
  front: readonly TrialRecord[],
  best: TrialRecord | undefined,
): string {
  const [fastest, finest] = [front[0], front.at(-1)];
  if (fastest === undefined || finest === undefined) return "There is no trial of the whole index yet.";
  const figures = ({ recall, p95Ms }: TrialRecord) =>
    `recall ${recall.toFixed(4)} at a p95 of ${shortNumber(p95Ms)} ms`;
  const champion = best === undefined ? "" : ` What serves now was measured with ${figures(best)}.`;
  return `${trials.length} trials, ${front.length} of them on the front, from ${figures(fastest)} to ${figures(finest)}.${champion}`;
}

function seconds(milliseconds: number): string {
  return `${shortNumber(milliseconds / 1_000)} s`;
}
