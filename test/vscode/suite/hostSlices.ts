/**
 * Milliseconds of processor time that this thread, the extension host, needs between two turns of its loop: the time that
 * others wait for it on a machine with nothing else to do.
 */
export function watchSlices() {
  const started = hostTime();
  let last = started;
  let longest = 0;
  const timer = setInterval(() => {
    const at = hostTime();
    longest = Math.max(longest, at - last);
    last = at;
  }, 1);
  return {
    end: () => {
      clearInterval(timer);
      return { longest: Math.round(longest), total: Math.round(hostTime() - started) };
    },
  };
}

/** Processor time of this thread so far, milliseconds; of the whole process where Node can't tell. */
export function hostTime(): number {
  const host = process as typeof process & { threadCpuUsage?: () => NodeJS.CpuUsage };
  const { user, system } = host.threadCpuUsage?.() ?? host.cpuUsage();
  return (user + system) / 1000;
}
