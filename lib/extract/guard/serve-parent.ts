/**
 * The child's side of a guarded process: answers each request of the parent, and ends with it. A request is taken as it
 * comes: nobody but the parent writes to the channel, and to load a parser takes longer than to read most files.
 */
export function serveParent<Request>(answer: (request: Request) => Promise<unknown>): void {
  process.on("disconnect", () => process.exit(0));
  process.on("message", async (request: Request) => {
    const reply = await answer(request);
    process.send?.(reply);
  });
}
