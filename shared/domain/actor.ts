import { enumeration, type ValueOf } from '#kit/model/enumeration';

/** Actors in the transition tables. */
export const Actor = enumeration('Actor', 'Party that acts in the voluntary framework.', {
  DEVELOPER: 'Developer of the model.',
  INTAKE: 'Intake office.',
  AGENCY: 'Reviewing agency.',
  SYSTEM: 'The system: a deadline passed, or the change follows from another one.',
});
export type Actor = ValueOf<typeof Actor>;
