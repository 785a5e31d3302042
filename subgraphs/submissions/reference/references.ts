import { federalHolidays } from '#domain/business-days';
import type { ReferenceTable } from '#kit/subgraph/references';
import { ExecutiveOrder } from '../order/executive-order';
import { FederalHoliday } from '../order/federal-holiday';
import { FrameworkEdition } from '../order/framework-edition';
import { WINDOW_DAYS } from '../submission/window';

const order: Partial<ExecutiveOrder> = {
  number: '14409',
  title: 'Executive Order 14409 on advanced artificial intelligence',
  signedOn: '2026-06-02',
  citation: '91 FR 34565',
  url: null,
};

/** No other edition of the framework has been published. */
const edition: Partial<FrameworkEdition> = {
  id: 'EO-14409-TEXT',
  title: 'Text of Executive Order 14409, section 3(b)',
  publishedOn: '2026-06-02',
  url: null,
  windowDays: WINDOW_DAYS,
  reference: 'TRUSTED_PARTNER_RELEASE',
};

/** Holidays by statute; an import may add days off granted by executive order. */
const holidays: readonly Partial<FederalHoliday>[] = Array.from({ length: 9 }, (_, index) => 2024 + index).flatMap(
  (year) => federalHolidays(year).map(({ name, observed }) => ({ observedOn: observed, name, year })),
);

export const references: readonly ReferenceTable[] = [
  { target: ExecutiveOrder, rows: [order] },
  { target: FrameworkEdition, rows: [edition] },
  { target: FederalHoliday, rows: holidays },
];
