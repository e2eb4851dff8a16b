/** Keeps the best `k` of the offered rows in a binary heap. Equal scores go to the lower ordinal. */
export interface TopHits {
  offer(ordinal: number, score: number): void;
  /** A row below this score cannot enter any more; `-Infinity` until `k` rows are held. */
  floor(): number;
  /** Best first; scores are rounded to f32. The heap is empty afterwards. */
  drain(): { ordinals: Uint32Array; scores: Float32Array };
}

export function createTopHits(k: number): TopHits {
  // The worst row stands at the root, so that it is the one compared and replaced.
  const heap = { ordinals: new Uint32Array(k), scores: new Float64Array(k), size: 0 };
  return {
    offer(ordinal, score) {
      if (heap.size < k) siftUp(heap, ordinal, score);
      else if (k > 0 && ranksBelow(heap.scores[0]!, heap.ordinals[0]!, score, ordinal)) {
        siftDown(heap, ordinal, score);
      }
    },
    floor: () => (heap.size < k ? Number.NEGATIVE_INFINITY : heap.scores[0]!),
    drain() {
      const ordinals = new Uint32Array(heap.size);
      const scores = new Float32Array(heap.size);
      for (let place = heap.size - 1; place >= 0; place--) {
        ordinals[place] = heap.ordinals[0]!;
        scores[place] = heap.scores[0]!;
        heap.size -= 1;
        siftDown(heap, heap.ordinals[heap.size]!, heap.scores[heap.size]!);
      }
      return { ordinals, scores };
    },
  };
}

interface Heap {
  ordinals: Uint32Array;
  scores: Float64Array;
  size: number;
}

function ranksBelow(score: number, ordinal: number, otherScore: number, otherOrdinal: number): boolean {
  return score < otherScore || (score === otherScore && ordinal > otherOrdinal);
}

function siftUp(heap: Heap, ordinal: number, score: number): void {
  let place = heap.size;
  heap.size += 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!ranksBelow(score, ordinal, heap.scores[parent]!, heap.ordinals[parent]!)) break;
    move(heap, parent, place);
    place = parent;
  }
  heap.ordinals[place] = ordinal;
  heap.scores[place] = score;
}

function siftDown(heap: Heap, ordinal: number, score: number): void {
  const { ordinals, scores, size } = heap;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= size) break;
    const right = child + 1;
    if (right < size && ranksBelow(scores[right]!, ordinals[right]!, scores[child]!, ordinals[child]!)) {
      child = right;
    }
    if (!ranksBelow(scores[child]!, ordinals[child]!, score, ordinal)) break;
    move(heap, child, place);
    place = child;
  }
  if (size === 0) return;
  ordinals[place] = ordinal;
  scores[place] = score;
}

function move(heap: Heap, from: number, to: number): void {
  heap.ordinals[to] = heap.ordinals[from]!;
  heap.scores[to] = heap.scores[from]!;
}
