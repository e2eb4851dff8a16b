import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { listPipelines, pipelinePrefix } from "@lakefleet/lib/embedding/pipeline-place.ts";
import { listGenerations } from "@lakefleet/lib/generation/list-generations.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { type RequestPlace, scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { countGeneration, type GenerationStatistics } from "@lakefleet/lib/search/generation-statistics.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const Distinct = z.object({ distinct: z.int(), exact: z.boolean() });

const Statistics = z
  .object({
    index: z.string(),
    generation: z.string(),
    backend: z.enum(["hnsw", "lance"]),
    parameters: z.record(z.string(), z.unknown()),
    vectors: z.object({ count: z.int(), dimension: z.int(), embedder: z.string() }),
    chunks: z.int(),
    rows: z.int(),
    documents: Distinct,
    chunk_length: z.object({ min: z.number(), mean: z.number(), max: z.number() }),
    columns: z.record(z.string(), Distinct),
    words: z.object({ terms: z.int(), postings: z.int(), mean_per_chunk: z.number() }),
    bytes: z.object({
      vectors: z.int(),
      words: z.int(),
      rows: z.int(),
      other: z.int(),
      total: z.int(),
    }),
    segments: z.int(),
    build_ms: z.number(),
    built_at: z.string(),
    generations: z.array(z.object({ generation: z.string(), bytes: z.int(), active: z.boolean() })),
    /** Bytes of each of the pipeline's tables, with the versions that it still keeps. */
    pipeline: z.record(z.string(), z.int()),
  })
  .openapi("IndexStatistics");

const routeOf = <Path extends string, Parameters extends z.ZodObject>(
  path: Path,
  params: Parameters,
  place: RequestPlace,
  tag: string,
) =>
  createRoute({
    ...scopedBy({ indexes: [place] }),
    method: "get",
    path,
    tags: [tag],
    summary: "What the index holds, counted: chunks, words, columns, bytes, generations and pipeline tables",
    request: { params },
    responses: answers(200, Statistics, "The statistics of what serves"),
  });

const ofIndex = routeOf(
  "/vectors/indexes/{name}/stats",
  z.object({ name: IndexName }),
  "param.name",
  "indexes",
);
const ofLance = routeOf(
  "/vectors/lance/stats/{index}",
  z.object({ index: IndexName }),
  "param.index",
  "lance",
);

/** Of the generations that people look at one after the other. */
const rememberedMax = 16;

export function mountStatisticsRoutes(app: OpenAPIHono, { store, search }: ServeDependencies): void {
  const counted = new Map<string, Promise<GenerationStatistics>>();
  const statisticsOf = (index: string) =>
    search.use(index, async (opened) => {
      const { manifest } = opened;
      const key = `${index}/${manifest.generation}/${manifest.builtAt}`;
      const counting = counted.get(key) ?? countGeneration(store, opened);
      counted.set(key, counting);
      const [oldest] = counted.keys();
      if (counted.size > rememberedMax && oldest !== undefined) counted.delete(oldest);
      counting.catch(() => counted.delete(key));
      const { generation, backend, parameters, vectorCount, dimension, embedderId } = manifest;
      return {
        index,
        generation,
        backend,
        parameters: { ...parameters },
        vectors: { count: vectorCount, dimension, embedder: embedderId },
        rows: manifest.accounting.indexed,
        ...(await counting),
        segments: manifest.segments.length,
        build_ms: manifest.buildDurationMs,
        built_at: manifest.builtAt,
        generations: (await listGenerations({ store, index })).map(({ byteCount, active, ...rest }) => ({
          generation: rest.generation,
          bytes: byteCount,
          active,
        })),
        pipeline: await pipelineBytes(store, index),
      };
    });
  app.openapi(ofIndex, async (context) =>
    context.json(await statisticsOf(context.req.valid("param").name), 200),
  );
  app.openapi(ofLance, async (context) =>
    context.json(await statisticsOf(context.req.valid("param").index), 200),
  );
}

async function pipelineBytes(store: ObjectStore, index: string): Promise<Record<string, number>> {
  const bytes: Record<string, number> = { documents: 0, embeddings: 0, meta: 0 };
  for (const place of await listPipelines(store, index)) {
    const prefix = `${pipelinePrefix(place)}/`;
    for await (const { key, size } of store.list(prefix)) {
      const [table = ""] = key.slice(prefix.length).split(".lance/");
      if (bytes[table] !== undefined) bytes[table] += size;
    }
  }
  return bytes;
}
