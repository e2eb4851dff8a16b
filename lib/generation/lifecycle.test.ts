import { expect, test } from "vitest";
import { decideLifecycle, type LifecycleFacts } from "./lifecycle.ts";

const ready: LifecycleFacts = {
  work: {},
  activeSince: "2026-01-02T00:00:00.000Z",
  behind: undefined,
  embedded: true,
  built: { generation: "g1", gated: true },
};
const open = { open: { job: "j.promote", at: "2026-01-03T00:00:00.000Z" } };
const failed = (type: string, at: string) => ({ failed: { type, detail: "it broke", at } });

test.each<[string, Partial<LifecycleFacts>]>([
  ["ready", {}],
  ["stale", { behind: "Rows came." }],
  ["empty", { activeSince: null, built: undefined, behind: "Nothing serves." }],
  ["embedding", { work: open, embedded: false }],
  ["building", { work: open, built: undefined }],
  ["gating", { work: open }],
  ["blocked", { behind: "Rows came.", built: { generation: "g2", gated: false } }],
  ["blocked", { activeSince: null, behind: "Nothing serves.", built: { generation: "g2", gated: false } }],
  [
    "blocked",
    {
      behind: "Rows came.",
      built: { generation: "g2", gated: false },
      work: failed("gate-failed", "2026-01-03T00:00:00.000Z"),
    },
  ],
  ["error", { behind: "Rows came.", work: failed("disk-full", "2026-01-03T00:00:00.000Z") }],
  // What failed before the activation has been made good by it.
  ["ready", { work: failed("disk-full", "2026-01-01T00:00:00.000Z") }],
  ["embedding", { work: { ...open, ...failed("disk-full", "2026-01-03T00:00:00.000Z") }, embedded: false }],
])("an index is %s by what is on disk and open: %o", (state, facts) => {
  expect(decideLifecycle({ ...ready, ...facts })).toMatchObject({
    state,
    reason: expect.stringMatching(/.+/),
  });
});
