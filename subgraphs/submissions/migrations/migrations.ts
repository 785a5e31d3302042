import type { Migration } from '#kit/database/migrations';
import { migration as m0001 } from './0001-initial';
import { migration as m0002 } from './0002-voluntary-framework';
import { migration as m0003 } from './0003-sealed-timeline';
import { migration as m0004 } from './0004-event-log';
import { migration as m0005 } from './0005-metric-indexes';
import { migration as m0006 } from './0006-search';
import { migration as m0007 } from './0007-inquiries-and-partners';
import { migration as m0008 } from './0008-sealed-inquiries';
import { migration as m0009 } from './0009-provision-outcomes';
import { migration as m0010 } from './0010-removed-contents';

export const migrations: readonly Migration[] = [m0001, m0002, m0003, m0004, m0005, m0006, m0007, m0008, m0009, m0010];
