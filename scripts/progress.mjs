// Shows how long a step has been running. Runs on any Node from 16 on.
import { clearLine, cursorTo } from 'node:readline';

const LINE_EVERY_SECONDS = 15;

/** Runs `work` and shows `text` with the seconds so far on standard error: one line that changes, or some lines without a terminal. */
export async function withProgress(text, work) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1_000);
  const show = process.stderr.isTTY ? replaceLine : writeLine;
  show(`${text} …`);
  const timer = setInterval(() => {
    if (process.stderr.isTTY || seconds() % LINE_EVERY_SECONDS === 0) show(`${text} … ${seconds()} s`);
  }, 1_000);
  try {
    const result = await work();
    show(`${text}: done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(timer);
    if (process.stderr.isTTY) process.stderr.write('\n');
  }
}

function replaceLine(text) {
  cursorTo(process.stderr, 0);
  process.stderr.write(text);
  clearLine(process.stderr, 1);
}

function writeLine(text) {
  process.stderr.write(`${text}\n`);
}
