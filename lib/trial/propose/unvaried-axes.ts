import { absent, type Positions, type SearchSpace } from "./search-space.ts";

/**
 * The numeric build axes that no two of these graphs differ in alone: what they do is not known apart from what other
 * axes do. An axis that counts for none of the graphs is not among them.
 */
export function unvariedAxes(space: SearchSpace, graphs: readonly Positions[]): number[] {
  return space.axes.flatMap(({ role, values }, axis) => {
    const isOpen = role === "build" && typeof values[0] === "number" && values.length > 1;
    const counting = isOpen ? graphs.filter((positions) => positions[axis] !== absent) : [];
    if (counting.length === 0) return [];
    const isVaried = counting.some((one) => counting.some((other) => differsOnlyIn(space, one, other, axis)));
    return isVaried ? [] : [axis];
  });
}

/** Whether two graphs have different values on this axis and the same on every other axis that makes a graph. */
export function differsOnlyIn(space: SearchSpace, one: Positions, other: Positions, axis: number): boolean {
  return space.axes.every(({ role }, place) => {
    if (place === axis) return one[place] !== other[place];
    return role !== "build" || one[place] === other[place];
  });
}
