import { enumeration, type ValueOf } from '#kit/model/enumeration';

/** In which capacity something is done: what the tables of transitions speak of. */
export const Actor = enumeration('Actor', 'Party that acts in the voluntary framework.', {
  DEVELOPER: 'The developer of the model.',
  INTAKE: 'The intake office.',
  AGENCY: 'A reviewing agency.',
  SYSTEM: 'The system: a deadline passed, or another change had this consequence.',
});
export type Actor = ValueOf<typeof Actor>;
