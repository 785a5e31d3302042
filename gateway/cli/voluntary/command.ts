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

export interface ExerciseOptions {
  /** Running graph; a temporary one by default. */
  readonly url?: string;
  /** Data folder of the running graph; contains the key of its development issuer. */
  readonly dataFolder: string;
}

/** A scripted exercise. */
export interface ScriptedExercise extends ExerciseOptions {
  /** What is played. */
  readonly title: string;
  /** @param dataFolder of the graph */
  readonly play: (stage: Stage, dataFolder: string) => Promise<void>;
  /** End of the last line: what holds for all steps. */
  readonly end: string;
}

/** Plays the voluntary framework. @throws OperatorError */
export const exerciseVoluntary = (options: ExerciseOptions): Promise<void> =>
  playExercise({
    ...options,
    title: 'the voluntary framework',
    play: playVoluntaryFramework,
    end: 'all as the framework requires',
  });

/** Plays an exercise on a running graph, or on a temporary one. @throws OperatorError for a step that goes otherwise */
export async function playExercise(exercise: ScriptedExercise): Promise<void> {
  const { url } = exercise;
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const run = Date.now().toString(36);
  if (url !== undefined) return playOn(url, exercise, run, print);
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-exercise-'));
  print('Starting a temporary graph …');
  const config = readConfig({ port: 0, logLevel: 'warn' });
  const settingsOf = settingsBySubgraph(openSettings, { data: folder, scheduleMs: '500' });
  const graph = await startAll({ config, settingsOf, scale: 0, print: () => {} });
  try {
    await playOn(graph.address, { ...exercise, dataFolder: folder }, run, print);
  } finally {
    await graph.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function playOn(
  url: string,
  { dataFolder, title, play, end }: ScriptedExercise,
  run: string,
  print: (line: string) => void,
): Promise<void> {
  if (!URL.canParse(url)) throw new OperatorError(`"${url}" is not a valid URL`, 'Use --url http://127.0.0.1:4000');
  const issuer = await DevelopmentIssuer.in(dataFolder);
  const stage = new Stage(url, run, print, (principal) => issuer.token(parsePrincipal(principal), 3_600));
  print(`Playing ${title} on ${url}. All data is invented. Run "${run}".`);
  try {
    await play(stage, dataFolder);
  } catch (error) {
    if (error instanceof StoryError)
      throw new OperatorError(error.message, `Stopped after ${stage.played} steps; see the log of the graph`);
    if (error instanceof TypeError && error.message === 'fetch failed')
      throw new OperatorError(`Cannot connect to ${url}`, 'Start the graph first, or omit --url');
    throw error;
  }
  print(`\n${stage.played} steps, ${end}.`);
}
