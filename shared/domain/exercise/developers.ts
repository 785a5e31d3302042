/** Names of the developers of exercise data: trees, so that no company is meant. Numbers follow where there are more of them. */
const NAMES = [
  'Alder',
  'Aspen',
  'Beech',
  'Birch',
  'Cedar',
  'Cypress',
  'Elm',
  'Hazel',
  'Juniper',
  'Larch',
  'Linden',
  'Maple',
  'Oak',
  'Olive',
  'Pine',
  'Poplar',
  'Rowan',
  'Spruce',
  'Tamarack',
  'Willow',
];

/** How many developers exercise data of a scale have. */
export const exerciseDevelopersAt = (scale: number): number => Math.min(200, 10 + 2 * scale);

/** The key and name of one of them, counted from 0. */
export function exerciseDeveloper(index: number): { readonly key: string; readonly name: string } {
  const name = NAMES[index % NAMES.length]!;
  const round = Math.floor(index / NAMES.length) + 1;
  const key = `exercise-${name.toLowerCase()}`;
  return round === 1 ? { key, name } : { key: `${key}-${round}`, name: `${name} ${round}` };
}
