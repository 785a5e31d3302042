/** Characters with which spreadsheets begin a formula; in some languages, also in full width. */
const BEGINNINGS = /[=+\-@＝＋－＠]/g;
/** Where spreadsheets divide a line whose fields they do not read as this file quotes them, such as where decimals have commas. */
const SEPARATORS: ReadonlySet<string> = new Set(';\t\r\n');
/** A number, or a list of numbers in one cell: signs do not make formulas of them. */
const NUMBERS = /^-?\d[\d.,]*(?:; -?\d[\d.,]*)*$/;

/**
 * A text without anything that a spreadsheet would execute: an apostrophe makes it a text (OWASP, CSV injection). Reads each character once or
 * twice, since a text may be long and have any characters.
 */
export const withoutFormulas = (text: string, separators: ReadonlySet<string> = SEPARATORS): string =>
  NUMBERS.test(text)
    ? text
    : text.replace(BEGINNINGS, (character, place: number) =>
        beginsCell(text, place, separators) ? `'${character}` : character,
      );

/** Whether nothing that a spreadsheet shows is before a place, from the start or from a separator. */
function beginsCell(text: string, place: number, separators: ReadonlySet<string>): boolean {
  for (let before = place - 1; before >= 0; before -= 1) {
    const character = text[before]!;
    if (separators.has(character)) return true;
    // control characters, spaces, and the quotes of a field
    if (character > ' ' && character !== '"' && character.trim() !== '') return false;
  }
  return true;
}
