import { describeFaults } from "../support/describe-faults.ts";
import { failpointsOf } from "../support/fault-plan.ts";

describeFaults("a death on the way into the dataset", failpointsOf("api", "ingest"));
