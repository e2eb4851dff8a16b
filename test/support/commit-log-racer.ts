import { openCommitLog } from "@lakefleet/lib/storage/commit-log.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { type Operation, RaceDocument, race } from "./commit-log-race.ts";

// One of several processes that write to one log at once; prints what it did as JSON.
const [root = "", writer = "", count = "0"] = process.argv.slice(2);
const store = await openLocalStore({ name: "race", root });
const log = openCommitLog({ store, prefix: "race", schema: RaceDocument });
const operations: Operation[] = Array.from({ length: Number(count) }, () => "commit");
process.stdout.write(JSON.stringify(await race(log, writer, operations)));
