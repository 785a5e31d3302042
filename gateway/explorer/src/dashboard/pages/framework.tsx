import { Unknown } from './unknown';
export const Framework = Unknown;
