import { gateGeneration } from "@lakefleet/lib/gate/gate-generation.ts";
import { buildGeneration } from "@lakefleet/lib/generation/build/build-generation.ts";
import { promoteGeneration } from "@lakefleet/lib/generation/promote-generation.ts";
import { armFailpoints } from "@lakefleet/lib/storage/failpoint.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";

/** Builds, gates and promotes the index `i` in a process of its own, which a failpoint may kill. */
const [root = "", locks = "", failpoints = ""] = process.argv.slice(2);
armFailpoints(failpoints);
const store = await openLocalStore({ name: "test", root });
const { manifest } = await buildGeneration({ store, index: "i", locks, threads: 1 });
const target = { store, index: "i", generation: manifest.generation };
await gateGeneration(target);
await promoteGeneration({ ...target, reason: "test", actor: "intent", by: "job" });
