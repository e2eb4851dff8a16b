import { compareAll } from "@lakefleet/lib/vector/conformance/ground-truth.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { describeVectorIndex } from "@lakefleet/lib/vector/vector-index.conformance.ts";
import { generateVectors } from "../../examples/generate-vectors.ts";

const dimension = 64;
const vectorCount = 3000;
const queryCount = 20;

// One run of the generator, so that the queries come from the same clusters as the stored vectors.
const generated = [
  ...generateVectors({ seed: 20, count: vectorCount + queryCount, dimension, clusters: 30 }),
].flatMap((block) =>
  Array.from({ length: block.length / dimension }, (_, row) =>
    block.slice(row * dimension, (row + 1) * dimension),
  ),
);
const vectors = new Float32Array(vectorCount * dimension);
generated.slice(0, vectorCount).forEach((vector, row) => {
  vectors.set(vector, row * dimension);
});
const queries = generated
  .slice(vectorCount)
  .map((query) => ({ query, truth: compareAll(vectors, dimension, query) }));
const data = { dimension, vectors, queries };

const cases = [
  { name: "hnsw, usearch, f32", recallMin: 0.98, parameters: { backend: "hnsw", quantization: "f32" } },
  { name: "hnsw, usearch, bf16", recallMin: 0.98, parameters: { backend: "hnsw", quantization: "bf16" } },
  { name: "hnsw, usearch, i8", recallMin: 0.98, parameters: { backend: "hnsw", quantization: "i8" } },
  { name: "hnsw, hnswlib", recallMin: 0.98, parameters: { backend: "hnsw", engine: "hnswlib" } },
  { name: "lance, ivf_hnsw_sq", recallMin: 0.98, parameters: { backend: "lance", kind: "ivf_hnsw_sq" } },
  { name: "lance, ivf_rq", recallMin: 0.95, parameters: { backend: "lance", kind: "ivf_rq" } },
  {
    name: "lance, ivf_pq",
    recallMin: 0.95,
    parameters: { backend: "lance", kind: "ivf_pq", partitions: 32, subVectors: 16 },
  },
  { name: "lance, flat", recallMin: 1, parameters: { backend: "lance", kind: "flat" } },
];

for (const { parameters, ...rest } of cases) {
  describeVectorIndex({ ...rest, parameters: IndexParameters.parse(parameters) }, data);
}
