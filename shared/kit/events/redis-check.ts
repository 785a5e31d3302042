import type { Redis } from 'ioredis';
import type { Logger } from 'pino';

/** Warns of Redis settings that can lose events. Skips the check if CONFIG is not permitted. */
export async function warnOfForgetfulRedis(client: Redis, log: Logger): Promise<void> {
  const setting = async (name: string) => ((await client.config('GET', name)) as string[])[1];
  try {
    const policy = await setting('maxmemory-policy');
    if (policy !== 'noeviction')
      log.warn({ policy }, 'Redis of ORDERGRAPH_EVENTS_URL may evict events; set maxmemory-policy to noeviction');
    const [appendOnly, save] = [await setting('appendonly'), await setting('save')];
    if (appendOnly !== 'yes' && !save)
      log.warn(
        'Redis of ORDERGRAPH_EVENTS_URL does not persist data; set appendonly to yes, or readers must replay events after a restart',
      );
    // biome-ignore lint/plugin: a managed server may lack CONFIG, and the callers report an unresponsive one
  } catch {}
}
