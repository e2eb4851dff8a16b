import { corpusFingerprint } from "../evaluation/corpus.ts";
import { activeLog } from "../generation/active-log.ts";
import { readPolicy } from "../generation/index-policy.ts";
import { openGeneration } from "../generation/read/open-generation.ts";
import type { LocalStore } from "../storage/local-store.ts";
import type { AgentDecision, SessionFacts } from "./agent-decision.ts";
import type { AgentSettings } from "./agent-settings.ts";

export interface FactsReader {
  /** What the index's session works on now; undefined while nothing serves. */
  read(options: {
    index: string;
    settings: AgentSettings;
    decisions: readonly AgentDecision[];
    nowMs: number;
    signal: AbortSignal;
  }): Promise<SessionFacts | undefined>;
}

type GenerationFacts = Pick<SessionFacts, "corpus" | "dimension" | "vectorCount" | "serving">;

/** Remembers one generation of each index: to read all its chunks takes a second for 100,000 of them. */
export function createFactsReader(store: LocalStore): FactsReader {
  const known = new Map<string, { generation: string; facts: GenerationFacts }>();
  return {
    async read({ index, settings, decisions, nowMs, signal }) {
      const active = await activeLog(store, index).head();
      if (active === undefined) return undefined;
      const { generation } = active.document;
      let last = known.get(index);
      if (last?.generation !== generation) {
        last = { generation, facts: await readGeneration({ store, index, generation, signal }) };
        known.set(index, last);
      }
      const { session } = settings;
      const { corpus } = last.facts;
      const ofSession = decisions.filter(({ facts }) => facts.session === session);
      // From the first decision on it stands fast, for the ids of the session's trials begin with it.
      const first = ofSession.find(({ facts }) => facts.corpus === corpus);
      return {
        ...last.facts,
        session,
        corpusChanged: first?.facts.corpusChanged ?? ofSession.length > 0,
        sinceMs: first?.facts.sinceMs ?? nowMs,
        evalSet: settings.options.evalSet ?? (await readPolicy(store, index)).evalSet ?? null,
      };
    },
  };
}

async function readGeneration(options: {
  store: LocalStore;
  index: string;
  generation: string;
  signal: AbortSignal;
}): Promise<GenerationFacts> {
  const opened = await openGeneration(options);
  try {
    const { dimension, vectorCount, parameters } = opened.manifest;
    const corpus = await corpusFingerprint(opened, { signal: options.signal });
    return { corpus, dimension, vectorCount, serving: parameters };
  } finally {
    await opened.close();
  }
}
