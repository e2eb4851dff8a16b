import { describeFaults } from "../support/describe-faults.ts";
import { failpointsOf } from "../support/fault-plan.ts";

describeFaults("a death on the way into the index", failpointsOf("embed", "index"));
