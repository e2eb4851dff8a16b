import { realpath } from "node:fs/promises";
import path from "node:path";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { resolveIngestPath } from "@lakefleet/lib/ingest/resolve-ingest-path.ts";
import {
  addWatch,
  inboxWatch,
  removeWatch,
  Watch,
  watchLog,
} from "@lakefleet/lib/ingest/watch/watch-definition.ts";
import { DatasetName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";

const NewWatch = Watch.extend({
  name: Watch.shape.name.optional().openapi({ description: "By default the dataset's name" }),
  recursive: z.boolean().default(true),
}).openapi("NewWatch");

/** The inbox has no dataset of its own: its files and folders name theirs. */
const KnownWatch = Watch.extend({ dataset: DatasetName.nullable(), builtin: z.boolean() }).openapi("Watch");

const list = createRoute({
  method: "get",
  path: "/ingest/watches",
  tags: ["ingest"],
  summary: "The folders that are watched, the inbox first",
  responses: answers(200, z.object({ watches: z.array(KnownWatch) }), "The watches"),
});

const add = createRoute({
  method: "post",
  path: "/ingest/watches",
  tags: ["ingest"],
  summary:
    "Let a dataset's rows be the documents of a folder that the configuration allows, whatever becomes of them",
  request: { body: jsonBody(NewWatch) },
  responses: answers(200, KnownWatch, "The watch; the folder is looked at within a second or two"),
});

const remove = createRoute({
  method: "delete",
  path: "/ingest/watches/{name}",
  tags: ["ingest"],
  summary: "Follow a folder no longer; its rows stay",
  request: { params: z.object({ name: DatasetName }) },
  responses: answers(200, z.object({ removed: z.string() }), "Removed"),
});

export function mountWatchRoutes(app: OpenAPIHono, { configuration, store }: ApiDependencies): void {
  const inbox = {
    name: inboxWatch,
    folder: dataLayout(configuration.dataFolder).inbox,
    recursive: true,
    dataset: null,
    builtin: true,
  };
  app.openapi(list, async (context) => {
    const watches = (await watchLog(store).head())?.document.watches ?? [];
    const known = watches.map((watch) => ({ ...watch, builtin: false }));
    return context.json({ watches: [inbox, ...known] }, 200);
  });
  app.openapi(add, async (context) => {
    const { name, ...settings } = context.req.valid("json");
    const roots = configuration.ingestRoots;
    const { path: folder, isFolder } = await resolveIngestPath({ requested: settings.folder, roots });
    if (!isFolder) throw watchFolder(`${settings.folder} is a file.`, "Name the folder that it lies in.");
    const inside = path.relative(await realpath(inbox.folder), folder);
    if (!inside.startsWith("..")) {
      throw watchFolder(
        `${settings.folder} is a part of the inbox, which is watched.`,
        "Name a folder outside of it.",
      );
    }
    const watch = await addWatch(store, { ...settings, name: name ?? settings.dataset, folder });
    return context.json({ ...watch, builtin: false }, 200);
  });
  app.openapi(remove, async (context) => {
    const { name } = context.req.valid("param");
    await removeWatch(store, name);
    return context.json({ removed: name }, 200);
  });
}

function watchFolder(message: string, remedy: string): DomainError {
  return new DomainError({ kind: "invalid", type: "watch-folder", field: "folder", message, remedy });
}
