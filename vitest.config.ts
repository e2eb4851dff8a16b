import { defineConfig } from "vitest/config";

const sources = ["apps", "workers", "queues", "lib", "config"];
const minute = 60_000;

/** One project per kind of test. Only `unit` and `architecture` run without a service. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: sources.map((folder) => `${folder}/**/*.test.ts`),
          testTimeout: minute,
        },
      },
      { test: { name: "architecture", include: ["test/architecture/**/*.test.ts"], testTimeout: minute } },
      { test: { name: "property", include: ["test/property/**/*.test.ts"], testTimeout: 2 * minute } },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], testTimeout: 2 * minute } },
      { test: { name: "bad-input", include: ["test/bad-input/**/*.test.ts"], testTimeout: 2 * minute } },
      { test: { name: "faults", include: ["test/faults/**/*.test.ts"], testTimeout: 5 * minute } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 5 * minute } },
    ],
  },
});
