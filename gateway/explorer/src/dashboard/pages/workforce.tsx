import { Unknown } from './unknown';
export const Workforce = Unknown;
