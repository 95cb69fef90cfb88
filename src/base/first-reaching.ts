/**
 * The smallest whole number from `low` to `high` at which a growing function reaches `goal`; `high + 1` if none does.
 * Doubles from `guess` until the goal is passed, then narrows by interpolation, by halves where that is slow.
 */
export function firstReaching(
  goal: number,
  { low, high, guess }: { readonly low: number; readonly high: number; readonly guess: number },
  at: (place: number) => number,
): number {
  let below = { place: low - 1, value: Number.NaN };
  let above = { place: high + 1, value: Number.NaN };
  const width = () => above.place - below.place;
  const look = (place: number): void => {
    const value = at(place);
    if (value >= goal) above = { place, value };
    else below = { place, value };
  };
  let place = Math.min(Math.max(guess, low), high);
  while (width() > 1 && Number.isNaN(above.value)) {
    look(place);
    place = Math.min(high, Math.max(2 * place, place + 1));
  }
  place = above.place;
  while (width() > 1 && Number.isNaN(below.value)) {
    place = Math.max(low, Math.floor(place / 2));
    look(place);
  }
  let isSlow = false;
  while (width() > 1) {
    const before = width();
    const share = (goal - below.value) / (above.value - below.value);
    const steps = isSlow || !Number.isFinite(share) ? Math.floor(before / 2) : Math.ceil(share * before);
    look(below.place + Math.min(Math.max(steps, 1), before - 1));
    isSlow = !isSlow && width() > before / 2;
  }
  return above.place;
}
