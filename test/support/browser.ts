import { spawnSync } from 'node:child_process';
import { type Browser, chromium, type Page } from 'playwright-core';
import { programFor } from './programs';

export type { Browser, Page };

const found = programFor(
  ['chromium', 'chromium-browser', 'google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'],
  'browser',
  'of the explorer and of GraphiQL',
  'Install chromium',
);

/** `describe` where there is a Chromium to start. CI fails without one. */
export const describeInBrowser: jest.Describe = found ? describe : describe.skip;

/** A browser without a window that asks nobody but whom its pages ask. */
export function openBrowser(): Promise<Browser> {
  const executablePath = spawnSync('which', [found!], { encoding: 'utf8' }).stdout.trim();
  return chromium.launch({ executablePath, args: ['--disable-gpu', '--disable-quic'] });
}
