import { Unknown } from './unknown';
export const Agencies = Unknown;
