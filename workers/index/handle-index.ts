import type { OpenProvider } from "@lakefleet/lib/embedding/open-provider.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { describeCheck } from "@lakefleet/lib/gate/gate-check.ts";
import { gateOrRebuild } from "@lakefleet/lib/gate/gate-or-rebuild.ts";
import { buildGeneration } from "@lakefleet/lib/generation/build/build-generation.ts";
import type { GateCheck } from "@lakefleet/lib/generation/certificate.ts";
import type { GenerationManifest } from "@lakefleet/lib/generation/generation-manifest.ts";
import { promoteGeneration } from "@lakefleet/lib/generation/promote-generation.ts";
import type { JobContext } from "@lakefleet/lib/jobs/job-context.ts";
import { hasLeftModel, markReady } from "@lakefleet/lib/migration/mark-ready.ts";
import { readShadowDefinition } from "@lakefleet/lib/migration/read-migrations.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { adoptTrial, assertPromoted } from "@lakefleet/lib/trial/adopt-trial.ts";
import { findBuiltGraphs } from "@lakefleet/lib/trial/build/find-built-graphs.ts";
import { parseParameters } from "@lakefleet/lib/trial/trial-parameters.ts";
import { embedQueue } from "@lakefleet/queues/embed.queue.ts";
import { indexQueue } from "@lakefleet/queues/index.queue.ts";
import type { z } from "zod";

type IndexPayload = z.infer<typeof indexQueue.payload>;
type IndexResult = z.infer<typeof indexQueue.result>;

export interface IndexDependencies {
  store: ObjectStore;
  locks: string;
  telemetry: Telemetry;
  /** Who embeds as the model of an index did; the built-in embedder where it is not given. */
  providers?: OpenProvider;
}

/** Does one of the three steps; gate and promote work on the generation that the step before them names. */
export async function handleIndex(
  payload: IndexPayload,
  context: JobContext,
  dependencies: IndexDependencies,
): Promise<IndexResult> {
  if (payload.step === "build") return build(payload, context, dependencies);
  const { generation } = stepBefore(context);
  return payload.step === "gate"
    ? gate(payload, generation, context, dependencies)
    : promote(payload, generation, context, dependencies);
}

async function build(
  { index, promotion, migration }: IndexPayload,
  context: JobContext,
  dependencies: IndexDependencies,
): Promise<IndexResult> {
  const { signal, progress, log } = context;
  const parameters = promotion && parseParameters(promotion.parameters);
  const { store } = dependencies;
  const definition = await definitionOf(store, index, migration);
  const graphs = parameters && (await findBuiltGraphs({ store, index, parameters }));
  const request = { ...dependencies, index, definition, parameters, graphs, signal, progress };
  const { manifest, reused, phases } = await buildGeneration(request);
  const { generation, datasetVersion, vectorCount, backend, buildDurationMs } = manifest;
  assertReached(context, { index, datasetVersion });
  if (!reused) {
    log(`${howBuilt(manifest)}, in milliseconds: ${JSON.stringify(phases)}`);
    dependencies.telemetry.emit("generation.built", {
      index,
      generation,
      backend,
      vectorCount,
      durationMs: buildDurationMs,
    });
  }
  return { generation, datasetVersion, vectorCount, reused };
}

function howBuilt({ parent, takenGraph }: GenerationManifest): string {
  if (parent !== null) return `with files of ${parent}`;
  return takenGraph === undefined ? "built whole" : `built whole, around the graph ${takenGraph.key}`;
}

/** The index's own where no model is being changed, which the steps read for themselves. */
async function definitionOf(store: ObjectStore, index: string, migration: string | undefined) {
  return migration === undefined ? undefined : readShadowDefinition(store, index, migration);
}

/** An index that moved to another model's pipeline meanwhile is built of that, which this request did not fill. */
function assertReached(
  { childResults }: JobContext,
  { index, datasetVersion }: { index: string; datasetVersion: number },
): void {
  const embedded = embedQueue.result.safeParse(childResults[0]).data;
  if (embedded !== undefined && embedded.datasetVersion > datasetVersion) throw hasMoved(index);
}

async function gate(
  { index, promotion, migration }: IndexPayload,
  generation: string,
  { signal, log }: JobContext,
  { store, locks, telemetry, providers }: IndexDependencies,
): Promise<IndexResult> {
  const begin = performance.now();
  const onChecks = (checks: readonly GateCheck[]) => {
    for (const check of checks) log(`${check.passed ? "passed" : "FAILED"} ${describeCheck(check)}`);
  };
  const parameters = promotion && parseParameters(promotion.parameters);
  const onRebuild = () => log(`${generation} was refused, so the index is built whole`);
  const definition = await definitionOf(store, index, migration);
  const subject = { store, locks, index, generation, definition, parameters, providers };
  const outcome = await gateOrRebuild({ ...subject, onChecks, onRebuild, signal });
  telemetry.emit("generation.gated", {
    index,
    generation: outcome.generation,
    passed: true,
    durationMs: performance.now() - begin,
  });
  const { datasetVersion, vectorCount, reused } = outcome;
  if (migration) await markReady(store, { index, id: migration }, outcome);
  return { generation: outcome.generation, datasetVersion, vectorCount, reused };
}

async function promote(
  { index, intent, promotion }: IndexPayload,
  generation: string,
  { signal }: JobContext,
  { store, telemetry }: IndexDependencies,
): Promise<IndexResult> {
  if (promotion) await adoptTrial({ store, index, generation, promotion });
  const reason = promotion ? `trial ${promotion.trial}: ${promotion.why}` : "built and gated";
  const outcome = await promoteGeneration({
    store,
    index,
    generation,
    reason,
    actor: intent,
    by: "job",
    signal,
  });
  if (promotion) assertPromoted(outcome, generation);
  if (outcome.generation !== generation && (await hasLeftModel(store, index, generation)))
    throw hasMoved(index);
  telemetry.emit("generation.promoted", { index, generation: outcome.generation, reason });
  const { activation, datasetVersion, vectorCount, reused } = outcome;
  return { generation: outcome.generation, datasetVersion, vectorCount, reused, activation };
}

function hasMoved(index: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "index-moved",
    message: `The index ${index} moved to another model while this request was on its way.`,
    remedy: "Its rows are in the dataset; refreshing the index makes them searched.",
  });
}

/** The result of the job that this one waited for. */
function stepBefore(context: JobContext): IndexResult {
  const parsed = indexQueue.result.safeParse(context.childResults[0]);
  if (parsed.success) return parsed.data;
  throw new DomainError({
    kind: "conflict",
    type: "job-order",
    message: `The job ${context.jobId} has no result of the step before it.`,
    remedy: "Start the request again.",
    cause: parsed.error,
  });
}
