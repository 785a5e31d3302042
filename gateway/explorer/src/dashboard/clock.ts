import { signal } from '@preact/signals';

/** The time, for what a page says about its age. */
export const clock = signal(Date.now());

const TICK_MS = 20_000;
setInterval(() => {
  clock.value = Date.now();
}, TICK_MS);
