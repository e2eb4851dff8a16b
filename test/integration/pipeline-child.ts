import path from "node:path";
import { embedPending } from "../../lib/embedding/embed-pending.ts";
import { createInlineHashProvider } from "../../lib/embedding/hash-provider.ts";
import { openPipeline } from "../../lib/embedding/pipeline-tables.ts";
import { syncPipeline } from "../../lib/embedding/sync-pipeline.ts";
import { armFailpoints } from "../../lib/storage/failpoint.ts";
import { openLocalStore } from "../../lib/storage/local-store.ts";
import { notesDefinition } from "./pipeline-world.ts";

/** One run over the dataset version in `version.json`, killed at `sync` (after its first commit) or at a failpoint. */
const [folder = "", point = ""] = process.argv.slice(2);
const store = await openLocalStore({ name: "test", root: path.join(folder, "bucket") });
const pipeline = await openPipeline({ store, index: "notes", locks: path.join(folder, "locks") });
const version = JSON.parse(new TextDecoder().decode(await store.get("version.json")));
const kill = () => process.kill(process.pid, "SIGKILL");
const progress = point === "sync" ? kill : undefined;
await syncPipeline({ pipeline, store, definition: notesDefinition, version, progress });
armFailpoints(point);
await embedPending({ pipeline, provider: createInlineHashProvider() });
