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
 * Plays the exercise on a running graph, or on one that it starts and removes.
 * @param dataFolder of the running graph, which has its development issuer's key
 */
export async function exerciseVoluntary({ url, dataFolder }: { url?: string; dataFolder: string }): Promise<void> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const run = Date.now().toString(36);
  if (url !== undefined) return play(url, dataFolder, run, say);
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-exercise-'));
  say('Starting a graph of its own …');
  const config = readConfig({ port: 0, logLevel: 'warn' });
  const settingsOf = settingsBySubgraph(openSettings, { data: folder, scheduleMs: '500' });
  const own = await startAll({ config, settingsOf, scale: 0, say: () => {} });
  try {
    await play(own.address, folder, run, say);
  } finally {
    await own.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function play(url: string, dataFolder: string, run: string, say: (line: string) => void): Promise<void> {
  if (!URL.canParse(url))
    throw new OperatorError(`"${url}" is no address of a graph`, 'Write --url http://127.0.0.1:4000');
  const issuer = await DevelopmentIssuer.in(dataFolder);
  const stage = new Stage(url, run, say, (principal) => issuer.token(parsePrincipal(principal), 3_600));
  say(`The voluntary framework, played on ${url}. All of it is invented. Run "${run}".`);
  try {
    await playVoluntaryFramework(stage);
  } catch (error) {
    if (error instanceof StoryError)
      throw new OperatorError(error.message, `It stopped after ${stage.played} steps; the graph's log says more`);
    if (error instanceof TypeError && error.message === 'fetch failed')
      throw new OperatorError(`Nobody answers at ${url}`, 'Start the graph first, or leave --url out');
    throw error;
  }
  say(`\n${stage.played} steps, all as the framework has it.`);
}
