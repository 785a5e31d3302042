import { findAgency } from '#domain/agency/directory';
import { type Importer, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { Row } from '#kit/import/row';
import { ExecutiveOrder, OrderProvision, ProvisionAgency } from '../order/executive-order';

export const orderProvisions: Importer = {
  source: 'order-provisions',
  description: 'Provisions of Executive Order 14409 (public notes citing the Federal Register), JSON',
  files: ['provisions.json'],
  async read(file) {
    const document = (await readJson(file)) as Record<string, unknown>;
    const order = Object.fromEntries(
      ['number', 'title', 'signed', 'citation', 'url'].map((name) => [`order.${name}`, document?.[name]]),
    );
    return rowsAt(file, document, 'provisions').map(
      (row) =>
        new Row(row.line, {
          ...order,
          ...Object.fromEntries(
            ['section', 'topic', 'deadline', 'quote', 'agencies', 'quoteStatus'].map((name) => [name, row.raw(name)]),
          ),
        }),
    );
  },
  convert(row, session) {
    const orderNumber = row.text('order.number', 10);
    const id = `${orderNumber}-${row.line}`;
    const agencies = row.list('agencies').flatMap((name) => {
      const match = findAgency(name);
      if (!match) session.unmatched('agency', name);
      return match ? [match.agency.key] : [];
    });
    return [
      write(
        OrderProvision,
        {
          id,
          orderNumber,
          ordinal: row.line,
          section: row.text('section', 40),
          topic: row.text('topic'),
          deadline: row.optional('deadline'),
          // some deadlines are words
          dueOn: /^\d/.test(row.optional('deadline') ?? '') ? row.date('deadline') : null,
          quote: row.optional('quote', 60_000),
          quoteStatus: row.optional('quoteStatus'),
        },
        { doneOn: null, evidenceUrl: null, revision: 1 },
      ),
      write(ExecutiveOrder, {
        number: orderNumber,
        title: row.text('order.title'),
        signedOn: row.date('order.signed'),
        citation: row.text('order.citation', 40),
        url: row.optional('order.url', 1_000),
      }),
      ...agencies.map((targetKey) => write(ProvisionAgency, { ownerKey: id, targetKey })),
    ];
  },
};
