import { DomainError } from "../../errors/domain-error.ts";
import { IndexParameters } from "../../vector/index-parameters.ts";
import { type Axis, configurationsOf, type SearchSpace, valuesOf } from "./search-space.ts";

/** What an index may narrow or widen an axis to: a list of its own, or a part of the default one. */
export type Bounds = Record<string, readonly (string | number)[] | { min?: number; max?: number }>;

/** Proposers look at every configuration for each proposal; more would take them longer than a short trial. */
const configurationsMax = 20_000;
/** Steps of a fifth; below 30 a search for ten hits takes as long, since it compares so many exactly. */
const efforts = [32, 38, 45, 54, 64, 76, 91, 108, 128, 152, 181, 215, 256, 304, 362, 431, 512];

const graph: Axis[] = [
  { name: "connectivity", values: [8, 12, 16, 24, 32], role: "build", lean: "first" },
  { name: "expansionBuild", values: [48, 64, 96, 128, 192, 256], role: "build", lean: "last" },
];
const effort: Axis = { name: "expansionSearch", values: efforts, role: "effort" };

/**
 * The configurations that a session may try. `hnswlib` is not among the defaults: it builds on one thread and has no
 * small vectors, so a trial of it costs several of the others. The numbers that what serves was built with are among
 * them: its graph is there, and other searches of it cost no build. Unknown axes and values that no index can have are
 * `invalid` (`agent-bounds`).
 */
export function defineSpace(
  backend: IndexParameters["backend"],
  options: { dimension: number; vectorCount: number; bounds?: Bounds; serving?: IndexParameters },
): SearchSpace {
  const { bounds = {}, serving, ...corpus } = options;
  const axes = backend === "hnsw" ? hnswAxes() : lanceAxes(corpus);
  for (const name of Object.keys(bounds)) {
    if (!axes.some((axis) => axis.name === name)) {
      throw unfit(name, `${name} is none of ${axes.map((axis) => axis.name).join(", ")}.`);
    }
  }
  const own = new Map<string, unknown>(Object.entries(serving ?? {}));
  const space = {
    backend,
    axes: axes.map((axis) => {
      const bound = bounds[axis.name];
      return bound === undefined ? withValue(axis, own.get(axis.name)) : bounded(axis, bound);
    }),
  };
  checkSpace(space);
  return space;
}

function hnswAxes(): Axis[] {
  const quantization: Axis = {
    name: "quantization",
    values: ["i8", "bf16", "f32"],
    role: "build",
    when: { axis: "engine", values: ["usearch"] },
    otherwise: "f32",
  };
  return [{ name: "engine", values: ["usearch"], role: "build" }, quantization, ...graph, effort];
}

/** Lists of about √N rows, half and twice as many; as many sub-vectors as divide the vector. */
function lanceAxes({ dimension, vectorCount }: { dimension: number; vectorCount: number }): Axis[] {
  const lists = [0.5, 1, 2].map((times) => Math.max(1, Math.round(times * Math.sqrt(vectorCount))));
  const parts = [16, 32, 48, 64, 96, 128].filter((count) => dimension % count === 0);
  const inverted = { axis: "kind", values: ["ivf_rq", "ivf_pq"] };
  const graphOnly = { axis: "kind", values: ["ivf_hnsw_sq"] };
  const approximate = { axis: "kind", values: [...inverted.values, ...graphOnly.values] };
  const axes: Axis[] = [
    { name: "kind", values: ["ivf_hnsw_sq", "ivf_rq"], role: "build" },
    { name: "partitions", values: [...new Set(lists)], role: "build", when: inverted },
    {
      name: "subVectors",
      values: parts.length > 0 ? parts : [dimension],
      role: "build",
      when: { axis: "kind", values: ["ivf_pq"] },
    },
    ...graph.map((axis) => ({ ...axis, when: graphOnly })),
    { name: "refineFactor", values: [1, 2, 3, 5, 8, 12], role: "search", when: approximate },
    {
      name: "probes",
      values: [5, 8, 12, 20, 30, 45, 70, 100, 150, 220, 320],
      role: "effort",
      when: inverted,
    },
    { ...effort, when: graphOnly },
  ];
  return axes;
}

function withValue(axis: Axis, value: unknown): Axis {
  if (axis.role !== "build" || typeof value !== "number" || typeof axis.values[0] !== "number") return axis;
  const numbers = axis.values.filter((one) => typeof one === "number");
  const values = [...new Set([...numbers, value])].sort((left, right) => left - right);
  return { ...axis, values };
}

function bounded(axis: Axis, bound: Bounds[string]): Axis {
  if (isList(bound)) {
    const numbers = bound.filter((value) => typeof value === "number");
    if (numbers.length !== 0 && numbers.length !== bound.length) {
      throw unfit(axis.name, `${axis.name} mixes numbers and texts.`);
    }
    const values = numbers.length > 0 ? numbers.toSorted((left, right) => left - right) : [...bound];
    return within(axis, [...new Set<string | number>(values)]);
  }
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bound;
  return within(
    axis,
    axis.values.filter((value) => typeof value === "number" && value >= min && value <= max),
  );
}

function isList(bound: Bounds[string]): bound is readonly (string | number)[] {
  return Array.isArray(bound);
}

function within(axis: Axis, values: readonly (string | number)[]): Axis {
  if (values.length === 0) throw unfit(axis.name, `The bounds leave no value for ${axis.name}.`);
  return { ...axis, values };
}

function checkSpace(space: SearchSpace): void {
  let count = 0;
  for (const positions of configurationsOf(space)) {
    count += 1;
    if (count > configurationsMax) {
      throw unfit("", `The bounds allow more than ${configurationsMax} configurations.`);
    }
    // Every value once is enough: the axes are checked apart.
    if (positions.filter((place) => place > 0).length <= 1) assertParameters(space, positions);
  }
}

function assertParameters(space: SearchSpace, positions: readonly number[]): void {
  const parsed = IndexParameters.safeParse(valuesOf(space, positions));
  if (parsed.success) return;
  const name = String(parsed.error.issues[0]?.path[0] ?? "");
  throw unfit(name, `${name} has a value that no index can be built with.`, parsed.error);
}

function unfit(field: string, message: string, cause?: unknown): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "agent-bounds",
    field: field === "" ? "bounds" : `bounds.${field}`,
    message,
    remedy: "Leave the bounds out to get the default ones.",
    cause,
  });
}
