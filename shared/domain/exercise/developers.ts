/** Developer names in exercise data: trees, to avoid real companies. Further developers get a number. */
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

/** Number of developers in exercise data of a scale. */
export const exerciseDevelopersAt = (scale: number): number => Math.min(200, 10 + 2 * scale);

/** Key and name of a developer by index, from 0. */
export function exerciseDeveloper(index: number): { readonly key: string; readonly name: string } {
  const name = NAMES[index % NAMES.length]!;
  const round = Math.floor(index / NAMES.length) + 1;
  const key = `exercise-${name.toLowerCase()}`;
  return round === 1 ? { key, name } : { key: `${key}-${round}`, name: `${name} ${round}` };
}
