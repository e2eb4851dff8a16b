/** A text of 300 characters has about 500 features; the table doubles for longer ones. */
const initialSlots = 2048;

interface Slots {
  hashes: Int32Array;
  weights: Float64Array;
  counts: Uint32Array;
  /** A slot is filled where this equals the present round, so that clearing costs nothing. */
  rounds: Uint32Array;
  /** Filled slots in the order of their first use: sums of floats depend on the order. */
  order: Uint32Array;
}

export interface FeatureCounter {
  clear(): void;
  /** Counts one occurrence. Features of one hash share a count and the weight that came first. */
  add(hash: number, weight: number): void;
  /** Adds `± weight × (1 + ln count)` of each feature to the component that its hash names. */
  addTo(sum: Float64Array): void;
}

/** Counts features by their 32-bit hashes in one reused open-addressing table. */
export function createFeatureCounter(): FeatureCounter {
  let slots = createSlots(initialSlots);
  let round = 1;
  let size = 0;

  function find(hash: number): number {
    const mask = slots.hashes.length - 1;
    // The low bits choose the component and the sign; the high ones spread over the table.
    let slot = (hash >>> 7) & mask;
    while (slots.rounds[slot] === round && slots.hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  function double(): void {
    const old = slots;
    slots = createSlots(old.hashes.length * 2);
    for (let index = 0; index < size; index += 1) {
      const from = old.order[index]!;
      const slot = find(old.hashes[from]!);
      fill(slots, { slot, round, index, hash: old.hashes[from]!, weight: old.weights[from]! });
      slots.counts[slot] = old.counts[from]!;
    }
  }

  return {
    clear() {
      size = 0;
      round += 1;
      if (round < 2 ** 32) return;
      slots.rounds.fill(0);
      round = 1;
    },
    add(hash, weight) {
      const slot = find(hash);
      if (slots.rounds[slot] === round) {
        slots.counts[slot] = slots.counts[slot]! + 1;
        return;
      }
      fill(slots, { slot, round, index: size, hash, weight });
      size += 1;
      if (size * 2 > slots.hashes.length) double();
    },
    addTo(sum) {
      for (let index = 0; index < size; index += 1) {
        const slot = slots.order[index]!;
        const hash = slots.hashes[slot]!;
        const count = slots.counts[slot]!;
        const value = slots.weights[slot]! * (count === 1 ? 1 : 1 + Math.log(count));
        const component = (hash >>> 1) % sum.length;
        sum[component] = sum[component]! + ((hash & 1) === 0 ? value : -value);
      }
    },
  };
}

function createSlots(count: number): Slots {
  return {
    hashes: new Int32Array(count),
    weights: new Float64Array(count),
    counts: new Uint32Array(count),
    rounds: new Uint32Array(count),
    order: new Uint32Array(count),
  };
}

function fill(
  slots: Slots,
  feature: { slot: number; round: number; index: number; hash: number; weight: number },
): void {
  slots.hashes[feature.slot] = feature.hash;
  slots.weights[feature.slot] = feature.weight;
  slots.counts[feature.slot] = 1;
  slots.rounds[feature.slot] = feature.round;
  slots.order[feature.index] = feature.slot;
}
