import type { Worker } from 'node:worker_threads';
import { readText } from '#base/read-text';
import type { SchemaWork } from '../../gateway/check/schema-work-thread';
import { SchemaThread } from '../../gateway/cli/schema-thread';
import { OWN_SUPERGRAPH_FILE } from '../../gateway/supergraph/own';
import { until } from '../support/until';

const SUPERGRAPH = readText(OWN_SUPERGRAPH_FILE, 'The supergraph');
const unlimited = new AbortController().signal;

describe('the thread that checks schemas', () => {
  const thread = new SchemaThread();
  const workerOf = () => (thread as unknown as { readonly worker: Worker | undefined }).worker;
  const parts = async () => (await thread.answer<readonly object[]>({ describe: SUPERGRAPH }, unlimited)).length;

  test('stays for the next work, and a new one takes the place of one that failed', async () => {
    const count = await parts();
    expect(count).toBeGreaterThan(1_000);
    const first = workerOf();
    expect(await parts()).toBe(count);
    expect(workerOf()).toBe(first);

    await expect(thread.answer({ describe: 'type {' }, unlimited)).rejects.toThrow(/Syntax Error/);
    await expect(thread.answer({} as SchemaWork, unlimited)).rejects.toThrow();
    const soon = AbortSignal.timeout(50);
    await expect(thread.answer({ describe: SUPERGRAPH }, soon)).rejects.toThrow();
    expect(await parts()).toBe(count);
    expect(workerOf()).not.toBe(first);
  });

  test('may end while it waits for work, whatever the reason', async () => {
    await parts();
    const worker = workerOf()!;
    worker.emit('error', new Error('after the answer'));
    expect(workerOf()).toBeUndefined();
    await worker.terminate();
    await parts();
    await workerOf()!.terminate();
    await until(
      () => workerOf() === undefined,
      () => 'the thread is forgotten',
    );
    expect(await parts()).toBeGreaterThan(1_000);
  });
});
