/** A binary heap: `pop` gives the item that comes before all others. */
export interface Heap<Item> {
  readonly size: () => number;
  push(item: Item): void;
  pop(): Item | undefined;
}

export function createHeap<Item>(comesBefore: (first: Item, second: Item) => boolean): Heap<Item> {
  const items: Item[] = [];

  function siftUp(item: Item): void {
    let hole = items.length - 1;
    while (hole > 0) {
      const parentIndex = (hole - 1) >> 1;
      const parent = items[parentIndex] as Item;
      if (!comesBefore(item, parent)) break;
      items[hole] = parent;
      hole = parentIndex;
    }
    items[hole] = item;
  }

  function siftDown(item: Item): void {
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && comesBefore(items[child + 1] as Item, items[child] as Item)) child++;
      if (!comesBefore(items[child] as Item, item)) break;
      items[hole] = items[child] as Item;
      hole = child;
    }
    items[hole] = item;
  }

  return {
    size: () => items.length,
    push(item) {
      items.push(item);
      siftUp(item);
    },
    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0) siftDown(last as Item);
      return first;
    },
  };
}
