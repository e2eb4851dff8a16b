import type { FakeModel } from "./fake-model.ts";

export interface LoadedModel {
  model: FakeModel;
  /** Milliseconds since 1970; Infinity for a model that stays. */
  expiresAt: number;
}

export interface LoadedModels {
  /** Loads it, or keeps it for longer; `0` unloads it. As Ollama's keep_alive: seconds, or `"5m"`, or `-1` for ever. */
  touch(model: FakeModel, keepAlive?: number | string): "loaded" | "kept" | "unloaded";
  list(): LoadedModel[];
  /** As if another model had needed the memory. */
  evict(name: string): void;
  /** The names in memory after each change of them, since the start. */
  history: string[][];
  /** What had to leave because another model found no room, in order. */
  crowdedOut: string[];
}

const keepAliveDefault = "5m";
const unitSeconds = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3_600],
]);

/** What is in the memory of the GPU: the least recently used goes where a new one finds no room. */
export function createLoadedModels(vramBytes: number): LoadedModels {
  const loaded = new Map<string, LoadedModel>();
  const history: string[][] = [];
  const crowdedOut: string[] = [];
  const record = () => {
    const names = [...loaded.keys()].sort();
    if (names.join() !== (history.at(-1) ?? []).join()) history.push(names);
  };
  const list = () => {
    for (const [name, { expiresAt }] of loaded) if (expiresAt <= Date.now()) loaded.delete(name);
    return [...loaded.values()];
  };
  return {
    touch(model, keepAlive = keepAliveDefault) {
      const seconds = secondsOf(keepAlive);
      const wasLoaded = list().some((each) => each.model.name === model.name);
      loaded.delete(model.name);
      if (seconds === 0) {
        record();
        return "unloaded";
      }
      while (sum(list()) + model.vramBytes > vramBytes && loaded.size > 0) {
        const [oldest = ""] = loaded.keys();
        loaded.delete(oldest);
        crowdedOut.push(oldest);
      }
      loaded.set(model.name, { model, expiresAt: seconds < 0 ? Infinity : Date.now() + seconds * 1_000 });
      record();
      return wasLoaded ? "kept" : "loaded";
    },
    list,
    evict: (name) => void loaded.delete(name),
    history,
    crowdedOut,
  };
}

function sum(models: LoadedModel[]): number {
  return models.reduce((bytes, { model }) => bytes + model.vramBytes, 0);
}

function secondsOf(keepAlive: number | string): number {
  if (typeof keepAlive === "number") return keepAlive;
  const [, amount = "", unit = "s"] = /^(-?\d+)([smh]?)$/.exec(keepAlive) ?? [];
  return Number(amount) * (unitSeconds.get(unit || "s") ?? 1);
}
