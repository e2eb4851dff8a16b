import { type ColumnSample, meaningfulValues } from "./column-sample.ts";
import type { Detector, ValueRule } from "./detector.ts";
import { detectors } from "./detectors.ts";
import { hintOf, nameWords } from "./name-words.ts";
import { categoryOf, type SensitiveCategory, type SensitiveKind } from "./sensitive-kind.ts";

export interface SensitivityFinding {
  kind: SensitiveKind;
  category: SensitiveCategory;
  /** From 0.5, below which nothing is reported, to 1. */
  confidence: number;
  /** The part of the confidence that the name gives. */
  byName: number;
  /** The part of the sampled values that are one, where values alone can tell. */
  share: number;
  /** How many values were looked at. */
  sampled: number;
}

const confidenceMin = 0.5;
/** One value that looks like a card number is chance; in a column of two rows it is half of them. */
const hitsMin = 3;
/** From this part of fitting values on the name is believed as it stands. */
const fittingFull = 0.6;
/** How much a name is believed where there is no value to hold against it. */
const unprovenName = 0.6;

/**
 * What a column holds that people must look after, the surest first. It never becomes less sure when a value that is
 * none is replaced by one that is.
 */
export function findSensitivity(sample: ColumnSample): SensitivityFinding[] {
  const words = nameWords(sample.name);
  const values = meaningfulValues(sample.values);
  return detectors
    .map((detector) => measure(detector, words, values))
    .filter((finding) => finding.confidence >= confidenceMin)
    .sort((left, right) => right.confidence - left.confidence);
}

function measure(detector: Detector, words: string[], values: string[]): SensitivityFinding {
  const hint = hintOf(words, detector);
  const byName = hint === 0 ? 0 : hint * nameBelief(detector, values);
  const { sureness, share } = byValues(detector.alone, words, values);
  const confidence = 1 - (1 - byName) * (1 - sureness);
  return {
    kind: detector.kind,
    category: categoryOf(detector.kind),
    confidence: round(confidence),
    byName: round(byName),
    share: round(share),
    sampled: values.length,
  };
}

function nameBelief(detector: Detector, values: string[]): number {
  if (values.length === 0) return unprovenName;
  return ramp(values.filter((value) => detector.fits(value)).length / values.length / fittingFull);
}

function byValues(rule: ValueRule | undefined, words: string[], values: string[]) {
  const nothing = { sureness: 0, share: 0 };
  if (rule === undefined || values.length === 0) return nothing;
  if (words.some((word) => rule.deniedAlone.includes(word))) return nothing;
  const candidates = values.filter((value) => rule.looksLike(value));
  const hits = candidates.filter((value) => rule.isOne(value)).length;
  const share = hits / values.length;
  if (hits < Math.min(hitsMin, values.length)) return { sureness: 0, share };
  const { none, all } = rule.precision;
  const precision = ramp((hits / candidates.length - none) / (all - none));
  return { sureness: rule.sureness * precision * ramp(share / rule.shareFull), share };
}

function ramp(part: number): number {
  return Math.min(1, Math.max(0, part));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
