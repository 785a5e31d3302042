import { Presets, SingleBar } from 'cli-progress';

/** Progress display of a long task. */
export interface Progress {
  advance(done: number): void;
  finish(done: number): void;
}

export const silent: Progress = { advance() {}, finish() {} };

const LINE_EVERY = 25_000;

/** A progress bar on a terminal; otherwise a plain line every 25,000 rows, so that logs stay short. */
export function progressOn(stream: NodeJS.WriteStream, label: string): Progress {
  if (!stream.isTTY)
    return {
      advance(done) {
        if (done % LINE_EVERY === 0) stream.write(`${label}: ${done} rows\n`);
      },
      finish() {},
    };
  const bar = new SingleBar(
    { format: `${label} {bar} {value} rows`, stream, clearOnComplete: true, hideCursor: true },
    Presets.shades_classic,
  );
  let started = false;
  return {
    advance(done) {
      if (!started) bar.start(done, 0);
      started = true;
      if (done % 100 === 0) {
        bar.setTotal(Math.max(done, bar.getTotal()));
        bar.update(done);
      }
    },
    finish() {
      if (started) bar.stop();
    },
  };
}
