import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
