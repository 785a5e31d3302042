import type { Migration } from '#kit/database/migrations';
import { migration as m0001 } from './0001-initial';
import { migration as m0002 } from './0002-sealed-versions';
import { migration as m0003 } from './0003-stored-bytes';
import { migration as m0004 } from './0004-client-releases';
import { migration as m0005 } from './0005-schemas';
import { migration as m0006 } from './0006-contracts';
import { migration as m0007 } from './0007-usage';
import { migration as m0008 } from './0008-last-use';

export const migrations: readonly Migration[] = [m0001, m0002, m0003, m0004, m0005, m0006, m0007, m0008];
