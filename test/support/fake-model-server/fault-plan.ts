export const answerFaults = ["nan", "zero", "dimension", "short", "reorder", "duplicate", "garbage"] as const;
export const callFaults = ["throttle", "throttle-later", "error", "hang", "reset", "slow"] as const;
export type FaultKind = (typeof answerFaults)[number] | (typeof callFaults)[number];
export const faultKinds: readonly FaultKind[] = [...callFaults, ...answerFaults];

export interface FaultSettings {
  /** Share of the calls that go wrong. */
  rate: number;
  kinds: readonly FaultKind[];
  seed: number;
}

export interface FaultPlan {
  /** What goes wrong with this call, if anything does. */
  next(texts: readonly string[]): FaultKind | undefined;
  /** The next calls go wrong like this, before chance has a say. */
  script(...kinds: FaultKind[]): void;
  /** Every call with a text that holds this goes wrong like this. */
  poison(part: string, kind: FaultKind | "refuse"): void;
  /** Why the server refuses these texts, if it does. */
  refuses(texts: readonly string[]): boolean;
  set(settings: FaultSettings): void;
}

export function createFaultPlan(initial: FaultSettings = { rate: 0, kinds: faultKinds, seed: 1 }): FaultPlan {
  let settings = initial;
  let state = settings.seed;
  let faulted = 0;
  const scripted: FaultKind[] = [];
  const poisons = new Map<string, FaultKind | "refuse">();
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x100000000;
  };
  const poisonOf = (texts: readonly string[]) =>
    [...poisons].find(([part]) => texts.some((text) => text.includes(part)))?.[1];
  return {
    next(texts) {
      const poison = poisonOf(texts);
      if (poison !== undefined && poison !== "refuse") return poison;
      const planned = scripted.shift();
      if (planned !== undefined) return planned;
      if (random() >= settings.rate) return undefined;
      // In turn, so that a short run sees each of them.
      faulted += 1;
      return settings.kinds[faulted % settings.kinds.length];
    },
    script: (...kinds) => void scripted.push(...kinds),
    poison: (part, kind) => void poisons.set(part, kind),
    refuses: (texts) => poisonOf(texts) === "refuse",
    set(next) {
      settings = next;
      state = next.seed;
    },
  };
}
