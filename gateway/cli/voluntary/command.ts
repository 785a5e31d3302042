import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '#base/errors';
import { parsePrincipal } from '#base/identity/principal';
import { readConfig } from '../../config';
import { DevelopmentIssuer } from '../../identity/development-issuer';
import { openSettings, settingsBySubgraph } from '../settings';
import { startAll } from '../start';
import { Stage, StoryError } from './stage';
import { playVoluntaryFramework } from './story';

/**
 * Plays the exercise on a running graph, or on a temporary one.
 * @param dataFolder of the running graph; contains the key of its development issuer
 */
export async function exerciseVoluntary({ url, dataFolder }: { url?: string; dataFolder: string }): Promise<void> {
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const run = Date.now().toString(36);
  if (url !== undefined) return play(url, dataFolder, run, print);
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-exercise-'));
  print('Starting a temporary graph …');
  const config = readConfig({ port: 0, logLevel: 'warn' });
  const settingsOf = settingsBySubgraph(openSettings, { data: folder, scheduleMs: '500' });
  const graph = await startAll({ config, settingsOf, scale: 0, print: () => {} });
  try {
    await play(graph.address, folder, run, print);
  } finally {
    await graph.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function play(url: string, dataFolder: string, run: string, print: (line: string) => void): Promise<void> {
  if (!URL.canParse(url)) throw new OperatorError(`"${url}" is not a valid URL`, 'Use --url http://127.0.0.1:4000');
  const issuer = await DevelopmentIssuer.in(dataFolder);
  const stage = new Stage(url, run, print, (principal) => issuer.token(parsePrincipal(principal), 3_600));
  print(`Playing the voluntary framework on ${url}. All data is invented. Run "${run}".`);
  try {
    await playVoluntaryFramework(stage);
  } catch (error) {
    if (error instanceof StoryError)
      throw new OperatorError(error.message, `Stopped after ${stage.played} steps; see the log of the graph`);
    if (error instanceof TypeError && error.message === 'fetch failed')
      throw new OperatorError(`Cannot connect to ${url}`, 'Start the graph first, or omit --url');
    throw error;
  }
  print(`\n${stage.played} steps, all as the framework requires.`);
}
