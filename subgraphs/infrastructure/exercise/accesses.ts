import { addDays, civilDate } from '#base/civil';
import { type ExerciseWorld, randomOf } from '#domain/exercise/story';
import { stableId } from '#kit/ids';
import type { DefenseAccess } from '../access/defense-access';
import { CLEARINGHOUSE } from '../actors';
import type { DefensiveTool } from '../tool/defensive-tool';

/** Sectors whose operators rarely have security staff of their own. */
const SECTORS = ['healthcare-public', 'financial-services', 'water'];
const REGIONS = ['OH', 'MT', 'GA', 'NM', 'ME', 'PR'];

/** Access to AI-powered tools that the leaders of the clearinghouse provide: half of it to states, a fifth of it ended. */
export function exerciseAccesses(
  world: ExerciseWorld,
  tools: readonly Partial<DefensiveTool>[],
): Partial<DefenseAccess>[] {
  const provided = tools.filter(({ aiPowered }) => aiPowered);
  return Array.from({ length: 12 * Math.min(world.scale, 20) }, (_, index): Partial<DefenseAccess> => {
    const random = randomOf(world, `defense access ${index}`);
    const since = addDays(civilDate(world.asOf), -random.integer(20, 300));
    const [isOfStates, isEnded] = [random.chance(0.5), random.chance(0.2)];
    return {
      id: stableId('dac', world.seed, index),
      agencyKey: random.pick(CLEARINGHOUSE),
      toolId: random.pick(provided).id!,
      modelId: null,
      recipientKind: isOfStates ? 'STATE_LOCAL' : 'CRITICAL_INFRASTRUCTURE',
      sectorKey: isOfStates ? null : random.pick(SECTORS),
      region: random.pick(REGIONS),
      recipients: random.integer(1, 60),
      since,
      endedOn: isEnded ? addDays(since, 14) : null,
      status: isEnded ? 'ENDED' : 'PROVIDED',
      revision: 1,
      exercise: true,
    };
  });
}
