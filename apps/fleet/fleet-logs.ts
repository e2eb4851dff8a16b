import path from "node:path";
import { dataLayout } from "@lakefleet/config/layout.ts";
import type { Configuration } from "@lakefleet/config/schema.ts";
import { openRotatingLog, type RotatingLog } from "./rotating-log.ts";
import type { Output } from "./running-process.ts";

export interface FleetLogs {
  /** The one log of a service; all processes of a pool share it. */
  of(service: string): Output;
  close(): void;
}

/** `<data>/logs/<service>.log`, and a copy on stderr where LAKEFLEET_LOG is set: the terminal stays readable. */
export function openFleetLogs(configuration: Configuration): FleetLogs {
  const logs = new Map<string, RotatingLog>();
  return {
    of(service) {
      const log = logs.get(service) ?? openRotatingLog({ file: logFile(configuration.dataFolder, service) });
      logs.set(service, log);
      return { log, show: configuration.showLogs };
    },
    close() {
      for (const log of logs.values()) log.close();
    },
  };
}

export function logFile(dataFolder: string, service: string): string {
  return path.join(dataLayout(dataFolder).logs, `${service}.log`);
}
