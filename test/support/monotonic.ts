/** Puts the monotonic clock under the control of a test until `jest.restoreAllMocks()`. */
export function controlMonotonicClock(): { advance(ms: number): void } {
  // whole milliseconds, so that sums are exact
  let now = Math.ceil(performance.now());
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  return {
    advance(ms) {
      now += ms;
    },
  };
}
