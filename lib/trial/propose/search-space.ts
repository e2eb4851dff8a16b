import { IndexParameters } from "../../vector/index-parameters.ts";

/** One parameter and the values that a proposer may give it. */
export interface Axis {
  name: string;
  /** Numbers ascend, a step from one to the next being a small change; texts have no order. */
  values: readonly (string | number)[];
  /**
   * `build`: another value is another graph. `search`: free to change over a built graph. `effort`: likewise, and more
   * of it finds more and takes longer; at most one such axis applies to a graph.
   */
  role: "build" | "search" | "effort";
  /**
   * At which end a search of the graph has least to do. The first is gone to step by step, for too few links lose much; the
   * last is taken at once, for more care costs the build alone.
   */
  lean?: "first" | "last";
  /** The axis counts only where an earlier one has one of these values. */
  when?: { axis: string; values: readonly string[] };
  /** What the parameter is where the axis does not count; left to the parameter's own default if not given. */
  otherwise?: string | number;
}

/** A finite set of configurations of one backend. */
export interface SearchSpace {
  backend: IndexParameters["backend"];
  axes: readonly Axis[];
}

/**
 * For each axis the place in its values; `absent` where it does not count. A place between two values, before the first
 * or after the last is outside the space, and no two numbers have the same.
 */
export type Positions = readonly number[];

export const absent = -1;

/** Every configuration once, the last axis moving fastest. */
export function* configurationsOf(space: SearchSpace): Generator<Positions> {
  yield* complete(space, []);
}

function* complete(space: SearchSpace, begun: number[]): Generator<Positions> {
  const axis = space.axes[begun.length];
  if (axis === undefined) {
    yield begun;
  } else if (counts(space, axis, begun)) {
    for (const place of axis.values.keys()) yield* complete(space, [...begun, place]);
  } else {
    yield* complete(space, [...begun, absent]);
  }
}

export function parametersOf(space: SearchSpace, positions: Positions): IndexParameters {
  return IndexParameters.parse(valuesOf(space, positions));
}

/** The same as plain values, which need not be an index's parameters yet. */
export function valuesOf(space: SearchSpace, positions: Positions): Record<string, unknown> {
  const values = space.axes.map((axis, place) => [
    axis.name,
    positions[place] === absent ? axis.otherwise : axis.values[positions[place]!],
  ]);
  return { backend: space.backend, ...Object.fromEntries(values.filter(([, value]) => value !== undefined)) };
}

/**
 * Where the parameters stand among the axes, between two values or beyond an edge where need be: what was measured of
 * one configuration is never taken for another's. Undefined for another backend, and for a text that an axis lacks.
 */
export function locate(space: SearchSpace, parameters: IndexParameters): Positions | undefined {
  if (parameters.backend !== space.backend) return undefined;
  const given = new Map<string, unknown>(Object.entries(parameters));
  const positions: number[] = [];
  for (const axis of space.axes) {
    const place = counts(space, axis, positions) ? placeOf(axis, given.get(axis.name)) : absent;
    if (place === undefined) return undefined;
    positions.push(place);
  }
  return positions;
}

/** The configuration of the space that is nearest; its first value where a text is not in the space. */
export function nearest(space: SearchSpace, parameters: IndexParameters): Positions {
  const given = new Map<string, unknown>(Object.entries(parameters));
  const positions: number[] = [];
  for (const axis of space.axes) {
    const place = placeOf(axis, given.get(axis.name)) ?? 0;
    positions.push(counts(space, axis, positions) ? nearestPlace(axis, place) : absent);
  }
  return positions;
}

/** The place of the value that is nearest to a place outside the space; `absent` stays. */
export function nearestPlace({ values }: Axis, place: number): number {
  return place === absent ? absent : Math.min(values.length - 1, Math.max(0, Math.ceil(place - 0.5)));
}

/** Whether the place is that of a value, or absent. */
export function isPlace({ values }: Axis, place: number): boolean {
  return Number.isInteger(place) && place < values.length;
}

/** The same with one axis moved; axes that begin to count by it start from `home`, those that cease leave. */
export function moved(
  space: SearchSpace,
  positions: Positions,
  change: { axis: number; to: number; home: Positions },
): Positions {
  const result: number[] = [];
  for (const [place, axis] of space.axes.entries()) {
    const kept = place === change.axis ? change.to : positions[place]!;
    const present = kept === absent ? Math.max(0, change.home[place]!) : kept;
    result.push(counts(space, axis, result) ? present : absent);
  }
  return result;
}

/** The axis of the effort, which is absent for a flat scan. */
export function effortAxis(space: SearchSpace, positions: Positions): number {
  return space.axes.findIndex((axis, place) => axis.role === "effort" && positions[place] !== absent);
}

/** Equal for configurations that search the same graph. */
export function graphKey(space: SearchSpace, positions: Positions): string {
  return positions.filter((_, place) => space.axes[place]!.role === "build").join(",");
}

/** Equal for configurations that differ in nothing but effort. */
export function curveKey(space: SearchSpace, positions: Positions): string {
  return positions.map((position, place) => (space.axes[place]!.role === "effort" ? "" : position)).join(",");
}

function counts(space: SearchSpace, axis: Axis, earlier: Positions): boolean {
  if (axis.when === undefined) return true;
  const place = space.axes.findIndex(({ name }) => name === axis.when?.axis);
  const value = space.axes[place]?.values[earlier[place] ?? absent];
  return typeof value === "string" && axis.when.values.includes(value);
}

function placeOf(axis: Axis, value: unknown): number | undefined {
  const exact = typeof value === "number" || typeof value === "string" ? axis.values.indexOf(value) : -1;
  if (exact >= 0) return exact;
  const numbers = axis.values.filter((one) => typeof one === "number");
  if (numbers.length === 0) return undefined;
  // A number that was left out follows from the corpus: about the middle, and none of the values for certain.
  if (typeof value !== "number") return Math.floor((numbers.length - 1) / 2) + 0.5;
  const above = numbers.findIndex((one) => one > value);
  // Above `absent`, which is -1.
  if (above === 0) return value / numbers[0]! - 1;
  const high = above < 0 ? numbers.length - 1 : above;
  const [from = numbers[high]! / 2, to] = [numbers[high - 1], numbers[high]!];
  return high - 1 + Math.log(value / from) / Math.log(to / from);
}
