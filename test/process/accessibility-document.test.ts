import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

const TEXT = readFileSync(join(packageRoot, 'docs', 'accessibility.md'), 'utf8');
const TERMS = ['Supports', 'Partially supports', 'Not applicable', 'Not evaluated'];

const rowsOf = (heading: string): string[][] => {
  const section = TEXT.split(/^## /m).find((part) => part.startsWith(heading))!;
  return [...section.matchAll(/^\| (\d[\d.]+ [^|]+)\|([^|]+)\|([^|]*)\|/gm)].map(([, ...cells]) =>
    cells.map((cell) => cell.trim()),
  );
};

test.each([
  ['WCAG 2.2, level A\n', 31],
  ['WCAG 2.2, level AA', 24],
  ['Section 508', 9],
])('has each criterion of %j once, with a term and a remark', (heading, count) => {
  const rows = rowsOf(heading);
  expect(new Set(rows.map(([criterion]) => criterion!.split(' ')[0])).size).toBe(count);
  expect(rows).toHaveLength(count);
  for (const [criterion, term, remark] of rows)
    expect([criterion, TERMS.includes(term!), remark !== '']).toEqual([criterion, true, true]);
});

describe('contrast of the colors', () => {
  const styles = (name: string) =>
    readFileSync(join(packageRoot, 'gateway', 'explorer', 'src', 'styles', `${name}.css`), 'utf8');
  const css = styles('base') + styles('explorer');
  const colorsOf = (selector: string): Record<string, string> =>
    Object.fromEntries(
      css
        .split(`${selector} {`)
        .slice(1)
        .flatMap((rule) => [...rule.slice(0, rule.indexOf('}')).matchAll(/--([\w-]+): (#[0-9a-f]+)/g)])
        .map(([, name, color]) => [name!, color!]),
    );

  /** Relative luminance, as WCAG defines it. */
  function luminance(color: string): number {
    const digits = color.length === 4 ? color.slice(1).replaceAll(/./g, '$&$&') : color.slice(1);
    const [r, g, b] = [0, 2, 4].map((at) => {
      const value = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  }

  function contrast(one: string, other: string): number {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high! + 0.05) / (low! + 0.05);
  }

  const TEXTS = ['ink', 'ink2', 'ink3', 'data', 'warn', 'good', 'cui-text'];
  const MARKS = ['edge', 'focus', 'data', 'data2', 'prev'];

  test.each([
    ['light', ':root'],
    ['dark', ':root[data-theme="dark"]'],
  ])('is 4.5 for text and 3 for edges, focus, and marks, %s', (_theme, selector) => {
    const colors = colorsOf(selector);
    const pairs = [
      ...TEXTS.flatMap((text) => ['bg', 'surface', 'sunken', 'tint'].map((ground) => [text, ground, 4.5] as const)),
      ...MARKS.flatMap((mark) => ['bg', 'surface', 'sunken'].map((ground) => [mark, ground, 3] as const)),
      ['surface', 'data', 4.5] as const,
    ];
    const low = pairs.filter(([front, ground, least]) => !(contrast(colors[front]!, colors[ground]!) >= least));
    expect(low).toEqual([]);
    for (const ground of ['cui', 'public']) expect(contrast('#ffffff', colors[ground]!)).toBeGreaterThanOrEqual(4.5);
  });
});
