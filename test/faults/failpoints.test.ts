import { describeFaults } from "../support/describe-faults.ts";
import { failpointsInTurn } from "../support/fault-plan.ts";

describeFaults("deaths on the way into the index", failpointsInTurn("api", "ingest", "embed", "index"));
