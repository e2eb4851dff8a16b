import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { findNeighbours } from "@lakefleet/lib/search/find-neighbours.ts";
import { readDocument } from "@lakefleet/lib/search/read-document.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const DocumentName = z
  .string()
  .min(1)
  .max(4_096)
  .openapi({ description: "A doc_id, with every special character percent-encoded" });

/** An answer of a few megabytes with chunks of usual length; a longer document comes in pages. */
const chunksMax = 10_000;

const readDoc = createRoute({
  ...scopedBy({ indexes: ["param.index"] }),
  method: "get",
  path: "/vectors/lance/doc/{index}/{doc}",
  tags: ["lance"],
  summary: "Every chunk of a document, with its text and metadata; for an index of either backend",
  request: {
    params: z.object({ index: IndexName, doc: DocumentName }),
    query: z.object({
      generation: z.string().min(1).max(100).optional(),
      offset: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(chunksMax).default(1_000),
    }),
  },
  responses: answers(
    200,
    z
      .object({
        index: z.string(),
        generation: z.string(),
        doc_id: z.string(),
        /** What the pipeline's table does not say: a chunk that is found here is in this generation. */
        index_status: z.literal("ready"),
        index_version: z.string(),
        chunk_count: z.int(),
        chunks: z.array(
          z.object({
            id: z.string(),
            chunk_index: z.int(),
            text: z.string(),
            metadata: z.record(z.string(), z.unknown()),
          }),
        ),
      })
      .openapi("Document"),
    "The document",
  ),
});

const neighbours = createRoute({
  ...scopedBy({ indexes: ["param.name"] }),
  method: "get",
  path: "/vectors/indexes/{name}/docs/{doc}/neighbours",
  tags: ["search"],
  summary: "The documents nearest to a document, by their vectors",
  request: {
    params: z.object({ name: IndexName, doc: DocumentName }),
    query: z.object({
      generation: z.string().min(1).max(100).optional(),
      k: z.coerce.number().int().min(1).max(100).default(10),
    }),
  },
  responses: answers(
    200,
    z
      .object({
        index: z.string(),
        generation: z.string(),
        doc_id: z.string(),
        neighbours: z.array(
          z.object({ doc_id: z.string(), score: z.number(), chunk_index: z.int(), text: z.string() }),
        ),
      })
      .openapi("Neighbours"),
    "The neighbours, nearest first",
  ),
});

export function mountDocumentRoutes(app: OpenAPIHono, { search }: ServeDependencies): void {
  app.openapi(neighbours, async (context) => {
    const { name: index, doc } = context.req.valid("param");
    const { generation: pin, k } = context.req.valid("query");
    const answer = await search.use(
      index,
      async (opened) => ({
        index,
        generation: opened.manifest.generation,
        doc_id: doc,
        neighbours: await findNeighbours(opened, doc, k),
      }),
      pin,
    );
    return context.json(answer, 200);
  });
  app.openapi(readDoc, async (context) => {
    const { index, doc } = context.req.valid("param");
    const { generation: pin, ...page } = context.req.valid("query");
    const document = await search.use(
      index,
      async (opened) => {
        const { generation } = opened.manifest;
        const found = await readDocument(opened, doc, page);
        return { index, generation, index_status: "ready" as const, index_version: generation, ...found };
      },
      pin,
    );
    return context.json(document, 200);
  });
}
