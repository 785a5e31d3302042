import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

const BROWSERS = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const found = BROWSERS.find((name) => spawnSync(name, ['--version']).status === 0);
if (!found) {
  const how = 'Install chromium';
  if (process.env.CI) throw new Error(`There is no browser to test in. ${how}`);
  process.stderr.write(`Tests in a browser are left out: none was found. ${how}\n`);
}

/** `describe` where there is a Chromium to start. CI fails without one. */
export const describeInBrowser: jest.Describe = found ? describe : describe.skip;

/** A browser without a window that asks nobody but whom its pages ask. */
export function openBrowser(): Promise<Browser> {
  const executablePath = found!.startsWith('/')
    ? found!
    : spawnSync('which', [found!], { encoding: 'utf8' }).stdout.trim();
  return chromium.launch({ executablePath, args: ['--disable-gpu', '--disable-quic'] });
}
