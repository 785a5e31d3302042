import { federalHolidays } from '#domain/business-days';
import type { ReferenceTable } from '#kit/subgraph/references';
import { ExecutiveOrder } from '../order/executive-order';
import { FederalHoliday } from '../order/federal-holiday';

const order: Partial<ExecutiveOrder> = {
  number: '14409',
  title: 'Executive Order 14409 on advanced artificial intelligence',
  signedOn: '2026-06-02',
  citation: '91 FR 34565',
  url: null,
};

/** Holidays by statute; an import may add days off granted by executive order. */
const holidays: readonly Partial<FederalHoliday>[] = Array.from({ length: 9 }, (_, index) => 2024 + index).flatMap(
  (year) => federalHolidays(year).map(({ name, observed }) => ({ observedOn: observed, name, year })),
);

export const references: readonly ReferenceTable[] = [
  { target: ExecutiveOrder, rows: [order] },
  { target: FederalHoliday, rows: holidays },
];
