import { describeFaults } from "../support/describe-faults.ts";
import { failpointsOf } from "../support/fault-plan.ts";

describeFaults("a death of the API", failpointsOf("api"));
