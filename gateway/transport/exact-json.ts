import { parse } from 'lossless-json';

declare global {
  interface JSON {
    /** An object that `JSON.stringify` writes as this text. https://tc39.es/proposal-json-parse-with-source/ */
    rawJSON(text: string): object;
  }
}

/** The text of a JSON number that no double holds exactly. `JSON.stringify` writes that text. */
export class ExactNumber {
  constructor(readonly text: string) {}

  toJSON(): object {
    return JSON.rawJSON(this.text);
  }
}

/** Like `JSON.parse`, with {@link ExactNumber} for numbers that no double holds. @throws RangeError if nested too deeply for the stack */
export const parseExactly = (text: string): unknown => exactly(JSON.parse(text), text, true);

/**
 * The result of `JSON.parse` if it is exact; otherwise that of {@link parseExactly}.
 * @param hasAnySize whether to also look for exponents beyond doubles, such as `1e400`: they take longer to find
 */
export function exactly(parsed: unknown, text: string, hasAnySize: boolean): unknown {
  if (!hasInexactNumber(text, hasAnySize)) return parsed;
  return parse(text, undefined, {
    parseNumber: (literal) => (isHeld(literal) ? Number(literal) : new ExactNumber(literal)),
    // like JSON.parse: the last duplicate wins
    onDuplicateKey: ({ newValue }) => newValue,
  });
}

/** The smallest double that has all its digits. */
const MIN_NORMAL = 2.2250738585072014e-308;
/** Digits that a double always holds exactly. */
const MAX_HELD_DIGITS = 15;
const STRIDE = MAX_HELD_DIGITS + 1;
const LARGE_EXPONENT = /[eE][-+]?\d{3}/;
const WITH_LARGE_EXPONENT = /(?<=[:,[\s]|^)-?\d+(?:\.\d+)?[eE][-+]?\d{3,}(?=[,\]}\s]|$)/g;

/** Whether JSON has a number that no double holds exactly. Digits inside strings can cause false positives, which cost only time. */
export function hasInexactNumber(text: string, hasAnySize: boolean): boolean {
  if (hasLongNumber(text)) return true;
  if (!hasAnySize || !LARGE_EXPONENT.test(text)) return false;
  return text.match(WITH_LARGE_EXPONENT)?.some((literal) => !isHeld(literal)) ?? false;
}

/** Samples every 16th character, which costs a twentieth of `JSON.parse`: any long number contains a sample. */
function hasLongNumber(text: string): boolean {
  const { length } = text;
  for (let at = STRIDE - 1; at < length; at += STRIDE) {
    if (!isOfNumber(text.charCodeAt(at))) continue;
    let start = at;
    while (isOfNumber(text.charCodeAt(start - 1))) start -= 1;
    // most literals are short
    if (!isOfNumber(text.charCodeAt(start + STRIDE - 1))) continue;
    while (isOfNumber(text.charCodeAt(at))) at += 1;
    if (at - start < STRIDE) continue;
    if (mayPrecede(text.charCodeAt(start - 1)) && mayFollow(text.charCodeAt(at)) && !isHeld(text.slice(start, at)))
      return true;
  }
  return false;
}

/** Whether a double holds a literal exactly. */
function isHeld(literal: string): boolean {
  const value = Number(literal);
  if (literal.length > MAX_HELD_DIGITS) return String(value) === literal;
  const size = Math.abs(value);
  return (size >= MIN_NORMAL && size <= Number.MAX_VALUE) || /^-?[0.]+([eE]|$)/.test(literal);
}

const ZERO = 0x30;
const NINE = 0x39;

/** Whether a code is one of `0123456789+-.eE`. False for NaN, the code outside a text. */
const isOfNumber = (code: number): boolean =>
  code <= NINE ? code >= ZERO || code === 0x2e || code === 0x2d || code === 0x2b : code === 0x65 || code === 0x45;

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
/** `:`, `,`, `[`, white space, or the beginning. */
const mayPrecede = (code: number): boolean =>
  code === 0x3a || code === 0x2c || code === 0x5b || isSpace(code) || Number.isNaN(code);
/** `,`, `]`, `}`, white space, or the end. */
const mayFollow = (code: number): boolean =>
  code === 0x2c || code === 0x5d || code === 0x7d || isSpace(code) || Number.isNaN(code);
