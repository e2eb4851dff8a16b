import { listIndexes } from "../generation/definition-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type AgentSettings, agentSettingsLog, agentUnknown, isAgentPaused } from "./agent-settings.ts";
import { readThought, type Thought } from "./thought.ts";

export interface IndexReport {
  index: string;
  settings: AgentSettings;
  /** Of this session; undefined until the agent has looked at it. */
  thought: Thought | undefined;
}

/** What the agent is asked to do and what it makes of it: of every index that it was asked to tune, or of one. */
export async function reportAgent(
  store: ObjectStore,
  index?: string,
): Promise<{ paused: boolean; indexes: IndexReport[] }> {
  const names = index === undefined ? await listIndexes(store) : [index];
  const indexes: IndexReport[] = [];
  for (const name of names) {
    const head = await agentSettingsLog(store, name).head();
    if (head === undefined) continue;
    const thought = await readThought(store, name);
    const isCurrent = thought?.session === head.document.session;
    indexes.push({ index: name, settings: head.document, thought: isCurrent ? thought : undefined });
  }
  if (index !== undefined && indexes.length === 0) throw agentUnknown(index);
  return { paused: await isAgentPaused(store), indexes };
}
