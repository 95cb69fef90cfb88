import { readFileSync, writeFileSync } from 'node:fs';

/** Resident memory of this process and its highest value since `forgetPeak`, as Linux counts them. */
export function residentBytes(): { readonly now: number; readonly peak: number } {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const bytes = (field: string) => 1024 * Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    return { now: bytes('VmRSS'), peak: bytes('VmHWM') };
  } catch {
    return { now: process.memoryUsage().rss, peak: process.resourceUsage().maxRSS * 1024 };
  }
}

/** From here on the peak counts anew; elsewhere than on Linux it stays that of the whole process. */
export function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Another system, or not allowed.
  }
}
