import { QueryFailedError } from 'typeorm';
import { createLog } from './log';

test('logs a failed statement without its values', () => {
  let output = '';
  const log = createLog('info', 'test', {
    write(line: string) {
      output += line;
    },
  });
  const driverError = Object.assign(new Error('no such column: x'), { sqlMessage: 'near planted-secret' });
  log.error({ err: new QueryFailedError('UPDATE t SET x = ?', ['planted-secret'], driverError) }, 'it failed');
  expect(JSON.parse(output)).toMatchObject({ err: { query: 'UPDATE t SET x = ?' }, msg: 'it failed' });
  expect(output).not.toContain('planted-secret');
});
