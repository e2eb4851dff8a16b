import path from "node:path";
import { z } from "zod";
import { openAppendLog, readAppendLog } from "../storage/append-log.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import { checksumBytes } from "../storage/checksum.ts";
import type { LocalStore } from "../storage/local-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { trialKey } from "../trial/configuration-key.ts";
import type { JournalRecord } from "../trial/trial-record.ts";
import { IndexParameters } from "../vector/index-parameters.ts";

/** What a session works on. A change of the corpus makes it another session. */
export const SessionFacts = z.strictObject({
  /** The request to tune, and the corpus that it met. */
  session: z.int().positive(),
  corpus: z.string(),
  /** True where an earlier corpus of the same request was tuned before. */
  corpusChanged: z.boolean(),
  /** When the session could begin, by the logs: it dates the ids of its trials. */
  sinceMs: z.int(),
  dimension: z.int(),
  vectorCount: z.int(),
  /** The parameters of the active generation. */
  serving: IndexParameters,
  evalSet: z.string().nullable(),
});
export type SessionFacts = z.infer<typeof SessionFacts>;

/** What the agent did, written before it is done: a line of the append log `indexes/<index>/agent/decisions/`. */
export const AgentDecision = z.strictObject({
  at: z.string(),
  action: z.enum(["propose", "promote", "finish"]),
  why: z.string(),
  facts: SessionFacts,
  /** The number of the settings' commit. */
  settings: z.int(),
  /** Journal records that came in since the decision before. */
  known: z.array(z.string()),
  /** The id of the request that follows: a decision that is acted on twice is one request. Null at a finish. */
  intent: z.string().nullable(),
  /** What is measured or promoted. */
  parameters: IndexParameters.nullable(),
  sampleShare: z.number(),
  /** The trial that is promoted. */
  trial: z.string().nullable(),
});
export type AgentDecision = z.infer<typeof AgentDecision>;

export interface DecisionLogOptions {
  store: LocalStore;
  index: string;
  telemetry: Telemetry;
}

/** Every decision about the index, oldest first. */
export async function readDecisions(options: DecisionLogOptions): Promise<AgentDecision[]> {
  const decisions: AgentDecision[] = [];
  const { telemetry } = options;
  for await (const decision of readAppendLog({
    folder: folderOf(options),
    schema: AgentDecision,
    telemetry,
  })) {
    decisions.push(decision);
  }
  return decisions.sort((left, right) => (left.at < right.at ? -1 : 1));
}

export async function appendDecision(options: DecisionLogOptions, decision: AgentDecision): Promise<void> {
  const log = await openAppendLog({ folder: folderOf(options), schema: AgentDecision });
  try {
    await log.append(decision);
  } finally {
    await log.close();
  }
}

/** Two facts of one session; the active generation may have changed in it, since a promotion is part of it. */
export function isSameSession(
  left: Pick<SessionFacts, "session" | "corpus">,
  right: Pick<SessionFacts, "session" | "corpus">,
): boolean {
  return left.session === right.session && left.corpus === right.corpus;
}

/** Names a journal record in a decision. */
export function recordKey(record: JournalRecord): string {
  return record.kind === "promotion"
    ? `promotion ${record.intent} ${record.outcome}`
    : `${record.kind} ${record.trial}`;
}

const digits = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * The id of the one request that carries out a decision. It follows from the decision, so that an agent that was killed
 * between deciding and asking asks for the same again; it begins as other ids of its time do.
 */
export function decisionIntent(
  index: string,
  facts: SessionFacts,
  work: { action: "propose" | "promote"; parameters: IndexParameters; sampleShare: number },
): string {
  const { session, corpus, sinceMs } = facts;
  const key = trialKey(work.parameters, corpus, work.sampleShare);
  const checksum = checksumBytes(canonicalJson({ index, session, key, action: work.action }));
  return base32(sinceMs) + checksum.slice(checksum.indexOf(":") + 1).slice(0, 16);
}

function base32(value: number): string {
  let text = "";
  for (let rest = value; text.length < 10; rest = Math.floor(rest / 32))
    text = digits.charAt(rest % 32) + text;
  return text;
}

function folderOf({ store, index }: DecisionLogOptions): string {
  return path.join(store.root, "indexes", index, "agent", "decisions");
}
