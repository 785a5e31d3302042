import { Unknown } from './unknown';
export const Clearinghouse = Unknown;
