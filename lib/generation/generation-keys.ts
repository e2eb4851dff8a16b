/** Where an index keeps its generations; `generation` must have come from a manifest or passed `GenerationName`. */
export function generationPrefix(index: string, generation: string): string {
  return `indexes/${index}/generations/${generation}`;
}

export function manifestKey(index: string, generation: string): string {
  return `${generationPrefix(index, generation)}/manifest.json`;
}

export function gateKey(index: string, generation: string): string {
  return `indexes/${index}/gates/${generation}.json`;
}

export function gateFailureKey(index: string, generation: string): string {
  return `indexes/${index}/gate-failures/${generation}.json`;
}
