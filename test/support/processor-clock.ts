/**
 * Returns a function that says for how many milliseconds this thread has computed since. Unlike the time that has passed, it
 * stays the same when the machine is busy with something else.
 */
export function startProcessorClock(): () => number {
  const start = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(start);
    return (user + system) / 1_000;
  };
}
