import type { Counted } from '#kit/model/value-object';

/** Source field of figures on findings, and the roles that may read exact counts. */
export const FOUND: Counted = { of: ['Finding.createdAt'], wholeFor: ['agency-reviewer', 'inspector'] };
