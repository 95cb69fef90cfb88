/** One piece of memory of the pool, with the view that was handed out last. */
interface Block {
  readonly buffer: ArrayBuffer;
  /** Start of the aligned part in bytes. */
  readonly start: number;
  readonly sizeClass: number;
  view: Float32Array;
  /** Somebody outside wrapped this memory in another tensor, so it is left to the garbage collector. */
  shared: boolean;
  free: boolean;
}

/**
 * Float arrays that are used again, so that a training step in its steady state touches no fresh page of memory.
 *
 * Sizes are rounded up to classes (four per power of two). Contents are not cleared.
 */
export class BufferPool {
  private readonly free = new Map<number, Block[]>();
  private readonly blocks = new WeakMap<ArrayBufferLike, Block>();
  /** Bytes made so far and bytes waiting to be used again. */
  allocatedBytes = 0;
  freeBytes = 0;

  constructor(private readonly alignment: (buffer: ArrayBuffer) => number) {}

  take(length: number): Float32Array {
    const sizeClass = classOf(length * 4);
    const block = this.free.get(sizeClass)?.pop() ?? this.allocate(sizeClass);
    if (block.free) this.freeBytes -= sizeClass;
    block.free = false;
    if (block.view.length !== length) block.view = new Float32Array(block.buffer, block.start, length);
    return block.view;
  }

  /** Takes an array back if it is the pool's and nobody else can see it. */
  release(values: unknown): void {
    if (!(values instanceof Float32Array)) return;
    const block = this.blocks.get(values.buffer);
    if (block === undefined || block.view !== values || block.shared || block.free) return;
    block.free = true;
    this.freeBytes += block.sizeClass;
    const list = this.free.get(block.sizeClass);
    if (list === undefined) this.free.set(block.sizeClass, [block]);
    else list.push(block);
  }

  /** Whether the array may be changed in place: it is the pool's and nobody else's. */
  isExclusive(values: Float32Array): boolean {
    const block = this.blocks.get(values.buffer);
    return block !== undefined && block.view === values && !block.shared;
  }

  /** Notes that a tensor was made outside from this memory. */
  markShared(values: unknown): void {
    if (!ArrayBuffer.isView(values)) return;
    const block = this.blocks.get(values.buffer);
    if (block !== undefined) block.shared = true;
  }

  /** Forgets all free memory. */
  trim(): void {
    this.free.clear();
    this.allocatedBytes -= this.freeBytes;
    this.freeBytes = 0;
  }

  private allocate(sizeClass: number): Block {
    const buffer = new ArrayBuffer(sizeClass + 64);
    const start = this.alignment(buffer);
    const view = new Float32Array(buffer, start, 0);
    const block: Block = { buffer, start, sizeClass, view, shared: false, free: false };
    this.blocks.set(buffer, block);
    this.allocatedBytes += sizeClass;
    return block;
  }
}

/** The size rounded up to one of four steps per power of two, at least 256 bytes. */
function classOf(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}
