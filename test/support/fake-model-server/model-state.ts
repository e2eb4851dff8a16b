import { setTimeout as pause } from "node:timers/promises";
import type { ModelCall } from "./call-record.ts";
import { type Embedded, embedTexts, type FakeModel } from "./fake-model.ts";
import type { FaultKind, FaultPlan } from "./fault-plan.ts";
import type { LoadedModels } from "./loaded-models.ts";
import { countTokens } from "./token-count.ts";

/** What all routes of one server share. */
export interface ModelState {
  models: Map<string, FakeModel>;
  loaded: LoadedModels;
  faults: FaultPlan;
  calls: ModelCall[];
  /** How long a call takes beside the server's own work. */
  latencyMs: number;
  /** Asked for as `Authorization: Bearer …` where it is set. */
  key: string | undefined;
  reply: (prompt: string) => string;
}

/** As Ollama names models: `x` is `x:latest`. */
export function findModel({ models }: ModelState, name: string): FakeModel | undefined {
  return models.get(name) ?? models.get(name.replace(/:latest$/, ""));
}

export type EmbedOutcome =
  | { kind: "embedded"; embedded: Embedded; fault: FaultKind | undefined }
  | { kind: "refused"; message: string };

/** Embeds as the model does, with whatever is planned to go wrong with it. */
export async function embedCall(state: ModelState, model: FakeModel, call: ModelCall): Promise<EmbedOutcome> {
  call.tokens = call.texts.reduce((sum, text) => sum + countTokens(text), 0);
  if (state.latencyMs > 0) await pause(state.latencyMs);
  if (state.faults.refuses(call.texts)) return { kind: "refused", message: "the input cannot be embedded" };
  const fault = state.faults.next(call.texts);
  const embedded = embedTexts(model, call.texts);
  if (embedded === undefined)
    return { kind: "refused", message: "the input length exceeds the context length" };
  return { kind: "embedded", embedded: { ...embedded, vectors: spoil(embedded.vectors, fault) }, fault };
}

function spoil(vectors: Float32Array[], fault: FaultKind | undefined): Float32Array[] {
  const [first, ...rest] = vectors;
  if (first === undefined) return vectors;
  if (fault === "nan") return [first.with(0, Number.NaN), ...rest];
  if (fault === "zero") return [first.map(() => 0), ...rest];
  if (fault === "dimension") return vectors.map((vector) => vector.slice(0, -1));
  return fault === "short" ? rest : vectors;
}
