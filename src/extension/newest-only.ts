/**
 * For work that is asked for again before it is done: `show` gets what the newest asking made, and nothing from an older one,
 * whatever order they end in. An error of an older one is dropped with it.
 */
export function newestOnly<Made>(show: (made: Made) => void): (make: () => Promise<Made>) => Promise<void> {
  let newest = 0;
  return async make => {
    const mine = ++newest;
    try {
      const made = await make();
      if (mine === newest) show(made);
    } catch (error) {
      if (mine === newest) throw error;
    }
  };
}
