import type { Migration } from '#kit/database/migrations';
import { migration as m0001 } from './0001-initial';
import { migration as m0002 } from './0002-voluntary-framework';
import { migration as m0003 } from './0003-event-log';
import { migration as m0004 } from './0004-metric-indexes';
import { migration as m0005 } from './0005-use-case-practices';
import { migration as m0006 } from './0006-search';
import { migration as m0007 } from './0007-remediation-policies';
import { migration as m0008 } from './0008-clearinghouse-changes';
import { migration as m0009 } from './0009-sealed-timeline';
import { migration as m0010 } from './0010-defense-changes';
import { migration as m0011 } from './0011-system-changes';
import { migration as m0012 } from './0012-finding-changes';
import { migration as m0013 } from './0013-open-findings';
import { migration as m0014 } from './0014-staffing-notices';
import { migration as m0015 } from './0015-confirmed-findings';
import { migration as m0016 } from './0016-finding-indexes';
import { migration as m0017 } from './0017-summary-indexes';
import { migration as m0018 } from './0018-completion-reporters';

export const migrations: readonly Migration[] = [
  m0001,
  m0002,
  m0003,
  m0004,
  m0005,
  m0006,
  m0007,
  m0008,
  m0009,
  m0010,
  m0011,
  m0012,
  m0013,
  m0014,
  m0015,
  m0016,
  m0017,
  m0018,
];
