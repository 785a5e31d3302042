import { wordsOf } from './words';

test.each([
  ['Microsoft Windows – Win32k', ['microsoft', 'windows', 'win32k']],
  ['CVE-2024-1234, cve', ['cve', '2024', '1234']],
  ["O'Brien's (A/B)_c", ['o', 'brien', 's', 'a', 'b', 'c']],
  ['Straße STRASSE', ['strasse']],
  ['ΟΔΟΣ οδος οδός', ['οδοσ', 'οδόσ']],
  ['Ｆｕｌｌ ﬁle', ['full', 'file']],
  ['cafe\u0301 CAFÉ', ['café']],
  ['東京 Привет', ['東京', 'привет']],
  ['👩‍🚀 – … ', []],
  ['', []],
])('splits %j into words', (text, words) => {
  expect([...wordsOf(text)]).toEqual(words);
});

test('cuts words at 40 characters, not inside one', () => {
  const [word] = wordsOf('𝒳𐐨'.repeat(30));
  expect(Array.from(word!)).toHaveLength(40);
  expect(word).toBe('x𐐨'.repeat(20));
});

test('begins with the words of every beginning of a text', () => {
  for (const text of ['STRASSENBAHN', 'ΟΔΟΣΟΔΟΣ', 'İstanbul', 'ǅungla', 'ẞẞ'])
    for (let length = 1; length <= Array.from(text).length; length += 1) {
      const [whole] = wordsOf(text);
      const beginning = Array.from(text).slice(0, length).join('');
      for (const cased of [beginning, beginning.toLowerCase(), beginning.toUpperCase()]) {
        const [prefix] = wordsOf(cased);
        expect([text, cased, whole!.startsWith(prefix!)]).toEqual([text, cased, true]);
      }
    }
});
