import { Unknown } from './unknown';
export const Infrastructure = Unknown;
