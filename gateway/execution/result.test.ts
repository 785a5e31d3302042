import { RenderedData } from './result';

describe.each([
  ['text', RenderedData.ofText('{"a":"ü"}')],
  ['bytes', RenderedData.ofBody(Buffer.from('{"data":{"a":"ü"}}'))],
])('data written as %s', (_form, data) => {
  test('writes the data into a body together with extensions', () => {
    expect(String(data.bodyWith('"extensions":{"é":1}'))).toBe('{"extensions":{"é":1},"data":{"a":"ü"}}');
    expect(data.text).toBe('{"a":"ü"}');
  });

  test('copies the data once for equal extensions', () => {
    const body = data.bodyWith('"extensions":{"n":1}');
    expect(data.bodyWith('"extensions":{"n":1}')).toBe(body);
    const otherBody = data.bodyWith('"extensions":{"n":2}');
    expect(JSON.parse(String(otherBody)).extensions).toEqual({ n: 2 });
    expect(JSON.parse(String(body)).extensions).toEqual({ n: 1 });
  });
});
