import type { ReferenceTable } from '../../../shared/subgraph/references';
import { ExecutiveOrder } from '../order/executive-order';

const order: Partial<ExecutiveOrder> = {
  number: '14409',
  title: 'Executive Order 14409 on advanced artificial intelligence',
  signedOn: '2026-06-02',
  citation: '91 FR 34565',
  url: null,
};

export const references: readonly ReferenceTable[] = [{ target: ExecutiveOrder, rows: [order] }];
