import fc from 'fast-check';
import { Turns } from './turns';

test('gives a free place to the caller that holds the fewest, in the order of waiting', () => {
  const turns = new Turns(4);
  const granted: string[] = [];
  const take = (caller: string) => turns.take(caller, () => granted.push(caller));
  const [first] = ['a', 'a', 'a', 'a', 'a'].map(take);
  expect(granted).toEqual(['a', 'a', 'a']);
  take('b');
  take('c');
  expect(granted).toEqual(['a', 'a', 'a', 'b']);
  first!();
  expect(granted).toEqual(['a', 'a', 'a', 'b', 'c']);
});

test('leaves no place free that a waiting caller may have, for any order of takes and leaves', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.tuple(fc.constantFrom('', 'a', 'b', 'c'), fc.nat(20))),
      (size, steps) => {
        const turns = new Turns(size);
        const held = new Map<string, number>();
        const open: (() => void)[] = [];
        for (const [caller, leave] of steps) {
          let isHeld = false;
          let isOver = false;
          const end = turns.take(caller, () => {
            isHeld = true;
            held.set(caller, (held.get(caller) ?? 0) + 1);
          });
          open.push(() => {
            if (isOver) return;
            isOver = true;
            if (isHeld) held.set(caller, held.get(caller)! - 1);
            end();
            end();
          });
          if (leave < open.length) open[leave]!();
          const all = [...held.values()].reduce((sum, count) => sum + count, 0);
          expect(all + turns.available).toBe(size);
          // a caller waits only without free places or at its maximum
          const waiting = ['', 'a', 'b', 'c'].filter((name) => turns.waitingOf(name) > 0);
          if (turns.available > 0)
            for (const name of waiting) expect(held.get(name)).toBe(Math.max(1, Math.floor(size * 0.75)));
        }
        for (const end of open) end();
        expect(turns.available).toBe(size);
      },
    ),
  ));
