import { INSPECTOR } from '../support/identity';
import { sample } from '../support/seed';

/** Callers of every role, and two that hold several; null is the public. */
export const CALLERS: readonly [name: string, principal: string | null][] = [
  ['the public', null],
  ['operator', 'role=operator; subject=x'],
  ['schema publisher', 'role=schema-publisher; agency=nsa; subject=x'],
  ['developer alder', 'role=developer-submitter; organization=exercise-alder; subject=x'],
  ['developer birch', 'role=developer-submitter; organization=exercise-birch; subject=x'],
  ['an unknown developer', 'role=developer-submitter; organization=stranger; subject=x'],
  ['intake', 'role=intake-officer; subject=x'],
  ['reviewer of nsa', 'role=agency-reviewer; agency=nsa; subject=x'],
  ['reviewer of doe', 'role=agency-reviewer; agency=doe; subject=x'],
  ['reviewer of an agency that reviews nothing', 'role=agency-reviewer; agency=ssa; subject=x'],
  ['hiring manager of treasury', 'role=hiring-manager; agency=treasury; subject=x'],
  ['HR of treasury', 'role=hr-specialist; agency=treasury; subject=x'],
  ['records officer of treasury', 'role=records-officer; agency=treasury; subject=x'],
  ['HR of hhs', 'role=hr-specialist; agency=hhs; subject=x'],
  ['infrastructure officer of treasury', 'role=infrastructure-officer; agency=treasury; subject=x'],
  ['coordinator', 'role=coordinator; subject=x'],
  ['analyst', 'role=analyst; subject=x'],
  ['inspector', INSPECTOR],
  ['reviewer and analyst of cisa', 'role=agency-reviewer,analyst; agency=cisa; subject=x'],
];

const ALWAYS = ['the public', 'analyst', 'inspector'];
const OTHERS = CALLERS.filter(([name]) => !ALWAYS.includes(name));

/** Callers for tests that ask for everything as each of them, again and again: three, and a sample of the others. */
export const SAMPLED_CALLERS = CALLERS.filter(
  (caller) => !OTHERS.includes(caller) || sample(OTHERS, 4).includes(caller),
);
