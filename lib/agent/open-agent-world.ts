import { promoteTrial } from "../ingest/promote-trial.ts";
import { requestTrial } from "../ingest/request-trial.ts";
import type { Jobs } from "../jobs/open-jobs.ts";
import { readSearchLoad } from "../search/search-load.ts";
import type { LocalStore } from "../storage/local-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { createFactsReader } from "./read-facts.ts";
import type { AgentWorld } from "./step-index.ts";

const actor = "agent";

/** The agent's hands and eyes on a running fleet. */
export function openAgentWorld(options: {
  store: LocalStore;
  jobs: Jobs;
  telemetry: Telemetry;
  /** Where serving processes tell how busy they are. */
  loadFolder: string;
}): AgentWorld {
  const { store, jobs, telemetry, loadFolder } = options;
  const { startFlow } = jobs;
  return {
    store,
    telemetry,
    intents: jobs.intents,
    facts: createFactsReader(store),
    nowMs: Date.now,
    async readLoad() {
      const [searchP95Ms, pools] = await Promise.all([readSearchLoad(loadFolder, Date.now()), jobs.pools()]);
      const waitingJobs = pools
        .filter(({ pool }) => pool !== "trial")
        .reduce((sum, { waiting }) => sum + waiting, 0);
      return { searchP95Ms, waitingJobs };
    },
    async startTrial({ evalSet, ...request }) {
      await requestTrial(
        { store, startFlow },
        { ...request, parameters: { ...request.parameters }, evalSet: evalSet ?? undefined, actor },
      );
    },
    async startPromotion(request) {
      await promoteTrial({ store, startFlow, telemetry, ...request, actor });
    },
  };
}
