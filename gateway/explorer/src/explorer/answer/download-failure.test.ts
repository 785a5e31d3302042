import { failureIn, failureWords } from './download-failure';

test.each([
  ['# Incomplete: UNAUTHENTICATED: Invalid token: expired\r', 'UNAUTHENTICATED', 'Invalid token: expired'],
  ['{"error":{"code":"SUBGRAPH_TIMEOUT","message":"no answer"}}', 'SUBGRAPH_TIMEOUT', 'no answer'],
])('reads why an export broke off from its last line, %s', (line, code, message) => {
  expect(failureIn(line)).toEqual({ message, extensions: { code } });
});

test.each(['a,b,1', '# Incomplete', '{"error":', '{"id":"error"}', ''])('takes no row for a failure, %s', (line) => {
  expect(failureIn(line)).toBeUndefined();
});

test('says what a reader can do instead of codes, and keeps messages that say it', () => {
  const words = (code: string) => failureWords({ message: 'A message', extensions: { code } });
  expect(words('UNAUTHENTICATED')).toMatch(/^your sign-in has ended/);
  expect(words('SUBGRAPH_UNREACHABLE')).toMatch(/^a source of the data does not answer/);
  expect(words('DATABASE_BUSY')).toMatch(/^a source of the data does not answer/);
  expect(words('GRAPHQL_VALIDATION_FAILED')).toBe('A message');
  expect(failureWords({ message: 'A message' })).toBe('A message');
});
