import { csvOf } from './csv';

test('writes texts that spreadsheets read back, and no formulas', () => {
  const rows = [
    ['a "b", c', 1.5, null],
    ['line\nbreak', -2, true],
    ['=cmd()', 0, false],
    ['#1', null, null],
  ];
  expect(csvOf(['x', 'y', 'z'], rows)).toBe(
    'x,y,z\r\n"a ""b"", c",1.5,\r\n"line\nbreak",-2,true\r\n\'=cmd(),0,false\r\n"#1",,\r\n',
  );
});
