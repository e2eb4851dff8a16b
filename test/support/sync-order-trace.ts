/** One moment of a traced system call: its beginning or its end, in the order in which they happened. */
export interface CallMoment {
  moment: "begin" | "end";
  /** The thread, which ties a beginning to its end. */
  thread: number;
  call: string;
  /** The arguments as `strace -y` prints them, with the path behind every file descriptor. */
  arguments: string;
  /** How the call ended, known at its beginning too. */
  succeeded: boolean;
}

const begunPattern = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/;
const resumedPattern = /^(\d+) +<\.\.\. (\w+) resumed>.*\) += (-?\d+)/;
const wholePattern = /^(\d+) +(\w+)\((.*)\) += (-?\d+)/;
/** Exits, signals, and calls that a dying process never returned from. */
const ignoredPattern = /^\d+ +(\+\+\+|---|.*\) += \?)/;

/** Reads the text that `strace -f -y -o` writes. A call that another thread interrupts stands in two lines. */
export function parseTrace(text: string): CallMoment[] {
  const unfinished = new Map<number, CallMoment>();
  const moments: CallMoment[] = [];
  for (const line of text.split("\n")) {
    const begun = begunPattern.exec(line);
    const resumed = resumedPattern.exec(line);
    const whole = wholePattern.exec(line);
    if (begun !== null) {
      const begin = beginning(begun, true);
      unfinished.set(begin.thread, begin);
      moments.push(begin);
    } else if (resumed !== null) {
      const begin = unfinished.get(Number(resumed[1]));
      if (begin === undefined || begin.call !== resumed[2])
        throw new Error(`A call ends that never began: ${line}`);
      unfinished.delete(begin.thread);
      begin.succeeded = Number(resumed[3]) >= 0;
      moments.push({ ...begin, moment: "end" });
    } else if (whole !== null) {
      const begin = beginning(whole, Number(whole[4]) >= 0);
      moments.push(begin, { ...begin, moment: "end" });
    } else if (line !== "" && !ignoredPattern.test(line)) {
      throw new Error(`A line of the trace that nobody understands: ${line}`);
    }
  }
  return moments;
}

function beginning(match: RegExpExecArray, succeeded: boolean): CallMoment {
  const [, thread, call = "", callArguments = ""] = match;
  return { moment: "begin", thread: Number(thread), call, arguments: callArguments, succeeded };
}
