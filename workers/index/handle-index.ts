import type { OpenProvider } from "@lakefleet/lib/embedding/open-provider.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { describeCheck } from "@lakefleet/lib/gate/gate-check.ts";
import { gateOrRebuild } from "@lakefleet/lib/gate/gate-or-rebuild.ts";
import { buildGeneration } from "@lakefleet/lib/generation/build/build-generation.ts";
import type { GateCheck } from "@lakefleet/lib/generation/certificate.ts";
import { promoteGeneration } from "@lakefleet/lib/generation/promote-generation.ts";
import type { JobContext } from "@lakefleet/lib/jobs/job-context.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { adoptTrial, assertPromoted } from "@lakefleet/lib/trial/adopt-trial.ts";
import { parseParameters } from "@lakefleet/lib/trial/trial-parameters.ts";
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
  { index, promotion }: IndexPayload,
  context: JobContext,
  dependencies: IndexDependencies,
): Promise<IndexResult> {
  const { signal, progress, log } = context;
  const parameters = promotion && parseParameters(promotion.parameters);
  const request = { ...dependencies, index, parameters, signal, progress };
  const { manifest, reused, phases } = await buildGeneration(request);
  const { generation, datasetVersion, vectorCount, backend, buildDurationMs } = manifest;
  if (!reused) {
    const how = manifest.parent === null ? "built whole" : `with files of ${manifest.parent}`;
    log(`${how}, in milliseconds: ${JSON.stringify(phases)}`);
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

async function gate(
  { index, promotion }: IndexPayload,
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
  const subject = { store, locks, index, generation, parameters, providers };
  const outcome = await gateOrRebuild({ ...subject, onChecks, onRebuild, signal });
  telemetry.emit("generation.gated", {
    index,
    generation: outcome.generation,
    passed: true,
    durationMs: performance.now() - begin,
  });
  const { datasetVersion, vectorCount, reused } = outcome;
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
  telemetry.emit("generation.promoted", { index, generation: outcome.generation, reason });
  const { activation, datasetVersion, vectorCount, reused } = outcome;
  return { generation: outcome.generation, datasetVersion, vectorCount, reused, activation };
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
