import type { OpenProvider } from "../embedding/open-provider.ts";
import { DomainError } from "../errors/domain-error.ts";
import type { EvalSet } from "../evaluation/eval-set.ts";
import type { Certificate, GateCheck, GateMeasures } from "../generation/certificate.ts";
import type { GenerationManifest } from "../generation/generation-manifest.ts";
import type { IndexDefinition } from "../generation/index-definition.ts";
import type { GateThresholds } from "../generation/index-policy.ts";
import { recallDepth } from "../generation/measure-recall.ts";
import { type OpenGeneration, openUngated } from "../generation/read/open-generation.ts";
import type { VerifiedFiles } from "../generation/verified-files.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { checkFilters } from "./check-filters.ts";
import { checkDefinition, checkModelVectors } from "./check-model.ts";
import { checkBooks, checkFiles, checkParts, checkProbes, checkWords } from "./check-parts.ts";
import { equals, isAtLeast, isAtMost } from "./gate-check.ts";
import { evenly, readGateQueries, readProbes } from "./gate-queries.ts";
import { findCertifiedParent, measureAppended } from "./measure-appended.ts";
import { checkJudgements, measureJudgements } from "./measure-judgements.ts";
import { appendedTimedCount, measureLatency, measureRecalls, type RecallMeasure } from "./measure-search.ts";
import { measureWeight } from "./measure-weight.ts";
import { ownMemory } from "./own-memory.ts";

export interface GateSubject {
  store: ObjectStore;
  manifest: GenerationManifest;
  definition: IndexDefinition;
  thresholds: GateThresholds;
  /** What the index's policy names; without one, stored vectors of the generation stand in. */
  evalSet: EvalSet | undefined;
  verified?: VerifiedFiles | undefined;
  /** Who embeds texts as the model of the generation did; the built-in embedder where it is not given. */
  providers?: OpenProvider | undefined;
  signal?: AbortSignal | undefined;
}

export interface GateVerdict {
  checks: GateCheck[];
  /** Undefined where the generation could not be opened. */
  measures: GateMeasures | undefined;
  fusion: Certificate["fusion"];
}

/** Texts that are looked for by their words; fewer beside what the parent's certificate says. */
const [wordsMax, appendedWordsMax] = [8, 4];
/** Beside what the parent's certificate and the new segment's own measure say. */
const probedMax = 16;

/** Makes every check of a generation from its stored bytes. Damaged files are not opened: an engine may crash on them. */
export async function judgeGeneration(subject: GateSubject): Promise<GateVerdict> {
  const { manifest, definition } = subject;
  const files = await checkFiles(subject);
  const checks = [files, ...checkDefinition(manifest, definition)];
  const fusion = { ...manifest.fusion, measured: false };
  if (!files.passed) return { checks, measures: undefined, fusion };
  const memoryBefore = await ownMemory();
  const begin = performance.now();
  let opened: OpenGeneration;
  try {
    opened = await openSubject(subject);
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind !== "corrupt") throw error;
    const refusal = equals("opens", error.message, "opens", "its files are whole, and no engine takes them");
    return { checks: [...checks, refusal], measures: undefined, fusion };
  }
  try {
    const openMs = performance.now() - begin;
    const verdict = await judgeOpened(opened, { ...subject, openMs, memoryBefore });
    return { ...verdict, checks: [...checks, ...verdict.checks] };
  } finally {
    await opened.close();
  }
}

function openSubject({ store, manifest, verified, signal }: GateSubject): Promise<OpenGeneration> {
  const { index, generation } = manifest;
  return openUngated({ store, index, generation, verified, signal });
}

interface Opening extends GateSubject {
  openMs: number;
  memoryBefore: number;
}

async function judgeOpened(opened: OpenGeneration, opening: Opening): Promise<GateVerdict> {
  const { manifest, thresholds, signal, openMs } = opening;
  const parent = await findCertifiedParent(opening);
  const words = await checkWords(opened, parent === undefined ? wordsMax : appendedWordsMax);
  const memoryBytes = await measureMemory(opening);
  const { queries, wanted, judged, source } = await readGateQueries(opened, opening);
  const recall =
    parent === undefined
      ? await measureRecalls({ opened, queries, signal })
      : await measureAppended(opened, parent, opening);
  const judgements = await measureJudgements(opened, judged, signal);
  const latency = await measureLatency({
    opened,
    queries,
    signal,
    countMax: parent === undefined ? undefined : appendedTimedCount,
    isEnough: ({ p50Ms, p95Ms }) =>
      p50Ms <= (thresholds.p50MsMax ?? Number.POSITIVE_INFINITY) &&
      p95Ms <= (thresholds.p95MsMax ?? Number.POSITIVE_INFINITY),
  });
  const { rows, indexed } = manifest.accounting;
  const timed = `${latency.searchCount} searches by vector, one after the other`;
  const files = manifest.files.reduce((total, file) => total + file.byteCount, 0);
  const checks = [
    ...(await checkParts(opened)),
    ...(await checkBooks({ ...opening, opened })),
    ...(await checkModelVectors(opened, await readProbes(opening), opening.providers)),
    equals("queries", queries.length, wanted, source),
    ...recall.map((measure) => recallCheck(measure, { thresholds, isAppended: parent !== undefined })),
    ...(parent === undefined ? [] : [await checkProbes(opened, evenly(queries, probedMax), signal)]),
    ...(await checkFilters(opened, queries, signal)),
    ...checkJudgements(judgements, thresholds),
    words,
    isAtMost("p50-ms", latency.p50Ms, thresholds.p50MsMax, timed),
    isAtMost("p95-ms", latency.p95Ms, thresholds.p95MsMax, timed),
    isAtMost("open-ms", openMs, thresholds.openMsMax, "to open its verified files"),
    isAtMost(
      "memory-mib",
      memoryBytes / 2 ** 20,
      thresholds.memoryMibMax,
      `${Math.round(files / 2 ** 20)} MiB of files that may be mapped, the rest measured in the process`,
    ),
  ];
  const { p50Ms, p95Ms } = latency;
  const coverage = rows === 0 ? 1 : indexed / rows;
  const { hit, meanReciprocalRank } = judgements;
  return {
    checks,
    measures: { recall, hit, meanReciprocalRank, p50Ms, p95Ms, openMs, memoryBytes, coverage },
    fusion: await measureWeight(opened, opening),
  };
}

/** All files, and what the process grew by while it opened them and searched for the first time. */
async function measureMemory({ manifest, memoryBefore }: Opening): Promise<number> {
  const grown = Math.max(0, (await ownMemory()) - memoryBefore);
  return manifest.files.reduce((total, file) => total + file.byteCount, grown);
}

function recallCheck(
  measure: RecallMeasure,
  { thresholds, isAppended }: { thresholds: GateThresholds; isAppended: boolean },
): GateCheck {
  const { selectivity, recall, low, high, queryCount } = measure;
  const isWhole = selectivity === 1;
  const share = `${selectivity * 100} %`;
  const scanned = `an exact scan${isWhole ? "" : ` of a random ${share} of the chunks`}`;
  const how = isAppended ? "of the appended chunks, and its parent's certificate for the others" : "";
  return isAtLeast(
    isWhole ? `recall@${recallDepth}` : `recall@${recallDepth}-of-${selectivity * 100}%`,
    recall,
    isWhole ? thresholds.recallMin : thresholds.filteredRecallMin,
    `${queryCount} queries against ${scanned}${how && ` ${how}`}, 95 % sure of ${low.toFixed(4)} to ${high.toFixed(4)}`,
  );
}
