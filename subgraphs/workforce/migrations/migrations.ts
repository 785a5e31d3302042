import type { Migration } from '#kit/database/migrations';
import { migration as m0001 } from './0001-initial';

export const migrations: readonly Migration[] = [m0001];
