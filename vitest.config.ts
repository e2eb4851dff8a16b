import { defineConfig } from "vitest/config";
import { SlowestFirst } from "./test/support/slowest-first.ts";

const sources = ["apps", "workers", "queues", "lib", "config"];
const minute = 60_000;
/** Node imports the modules itself, as it does in production: nothing of them needs to be transformed. */
const experimental = { viteModuleRunner: false, nodeLoader: false };

/** One project per kind of test. Only `unit` and `architecture` run without a service. */
export default defineConfig({
  test: {
    sequence: { sequencer: SlowestFirst },
    projects: [
      project("unit", { include: sources.map((folder) => `${folder}/**/*.test.ts`), testTimeout: minute }),
      project("architecture", { testTimeout: minute }),
      project("property", { testTimeout: 2 * minute }),
      project("integration", { testTimeout: 2 * minute }),
      project("bad-input", { testTimeout: 2 * minute }),
      project("faults", { testTimeout: 5 * minute }),
      project("e2e", { testTimeout: 5 * minute }),
    ],
  },
});

function project(name: string, options: { include?: string[]; testTimeout: number }) {
  const include = [`test/${name}/**/*.test.ts`];
  // What a suite stands on takes seconds to build, and longer where the machine is busy. Files that share a process load
  // what they test once; none of them leaves anything behind that another one could see.
  return { test: { name, include, hookTimeout: 2 * minute, isolate: false, experimental, ...options } };
}
