import { z } from "zod";
import type { ObjectStore } from "../storage/object-store.ts";
import { GateCheck, GateJudgement } from "./certificate.ts";
import { gateFailureKey } from "./generation-keys.ts";

/** Why a generation may not serve: every check that was made, with what was measured beside what was asked for. */
export const GateFailure = z.strictObject({
  schemaVersion: z.literal(2),
  ...GateJudgement.shape,
  /** Null where the manifest could not even be read. */
  manifestChecksum: z.string().nullable(),
  checks: z.array(GateCheck),
  at: z.string(),
});
export type GateFailure = z.infer<typeof GateFailure>;

/** The last failed report of a generation; undefined where there is none, or where it can no longer be read. */
export async function readGateFailure(
  store: ObjectStore,
  index: string,
  generation: string,
): Promise<GateFailure | undefined> {
  const key = gateFailureKey(index, generation);
  if ((await store.size(key)) === undefined) return undefined;
  return GateFailure.safeParse(parse(await store.get(key))).data;
}

export async function writeGateFailure(store: ObjectStore, failure: GateFailure): Promise<void> {
  const key = gateFailureKey(failure.index, failure.generation);
  await store.put(key, Buffer.from(`${JSON.stringify(failure, null, 2)}\n`));
}

/** A report proves nothing and is written anew by the next gate, so a damaged one is as good as none. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
