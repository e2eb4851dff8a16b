/** Runs rounds now and then every `everyMs`, one at a time, until stopped; `stop` waits for the one that runs. */
export function startRounds(options: {
  round: () => Promise<void>;
  onError: (error: unknown) => void;
  everyMs: number;
}): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const round = async () => {
    await options.round().catch(options.onError);
    if (!stopped) timer = setTimeout(again, options.everyMs);
  };
  let running = round();
  const again = () => {
    running = round();
  };
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
