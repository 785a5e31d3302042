import type { Counted } from '#kit/model/value-object';

/** Figures over findings; agencies that review write them. */
export const FOUND: Counted = { of: ['Finding.createdAt'], wholeFor: ['agency-reviewer', 'inspector'] };
