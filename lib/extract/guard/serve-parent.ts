/** The child's side of a guarded process: answers each request of the parent, and ends with it. */
export function serveParent(answer: (request: unknown) => Promise<unknown>): void {
  process.on("disconnect", () => process.exit(0));
  process.on("message", async (request) => {
    const reply = await answer(request);
    process.send?.(reply);
  });
}
