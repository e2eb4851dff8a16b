/** An opened proximity graph of either engine. Searching is synchronous, at about 5 to 12 µs per explored candidate. */
export interface Graph {
  /**
   * Up to `wanted` ordinals, best first, by the engine's own (perhaps quantised) distance. `wanted` is also the effort:
   * it is how many candidates the engine keeps under way. A graph may reach fewer rows than it holds.
   */
  candidates(query: Float32Array, wanted: number): ArrayLike<number>;
}
