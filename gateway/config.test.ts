import { OperatorError } from '#base/errors';
import { readConfig } from './config';

test.each([
  ['Content-Length', /belongs to one message/],
  ['transfer-encoding', /belongs to one message/],
  ['connection', /belongs to one message/],
  ['host', /belongs to one message/],
  ['Ordergraph-Identity', /is for messages from the gateway to subgraphs only/],
  ['ordergraph-origin', /is for messages from the gateway to subgraphs only/],
  ['x tenant', /is not a header name/],
])('rejects the header %s as one to pass on', (name, problem) => {
  for (const setting of ['forwardHeader', 'returnHeader'] as const) {
    const read = () => readConfig({ [setting]: ['x-tenant', name] }, {});
    expect(read).toThrow(OperatorError);
    expect(read).toThrow(problem);
  }
});

test('passes on other headers by their lower-case name', () => {
  expect(readConfig({ forwardHeader: ['X-Tenant', 'authorization'] }, {}).forwardHeader).toEqual([
    'x-tenant',
    'authorization',
  ]);
});

test.each(['nowhere', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0', '::1/129', '10.0.0.0/', '0x7f000001'])(
  'rejects the trusted proxy %s',
  (range) => {
    const read = () => readConfig({ trustedProxy: ['127.0.0.1', range] }, {});
    expect(read).toThrow(OperatorError);
    expect(read).toThrow(/is not an address or a range such as 10\.0\.0\.0\/8/);
  },
);

test.each(['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', 'loopback'])('trusts the proxy %s', (range) => {
  expect(readConfig({ trustedProxy: [range] }, {}).trustedProxy).toEqual([range]);
});
