#include "pool.h"

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <vector>
#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace supra {
namespace {

inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// One word says everything about the current job: its number, whether it still takes helpers, and how many are inside.
// A helper enters by compare-and-swap, so the caller waits only for helpers that really entered: a thread that the
// system keeps waiting never delays a job.
constexpr uint64_t kOpen = 1ull << 31;
constexpr uint64_t kHelpers = kOpen - 1;
constexpr int kSpins = 4000;

struct Pool {
  std::atomic<uint64_t> word{0};
  std::atomic<int64_t> next{0};
  std::atomic<int> sleepers{0};
  std::atomic<int> generation{0};  // threads of an older generation leave
  Task task = nullptr;
  void* context = nullptr;
  int64_t count = 0;
  std::mutex caller;  // one job at a time
  std::mutex sleep;
  std::condition_variable wake;
  int threads = 1;
  int started = 1;
};

// Never destroyed: threads may still sleep in it when the process ends.
Pool& pool() {
  static Pool* instance = new Pool;
  return *instance;
}

thread_local bool inside_job = false;

void work(Pool& p) {
  inside_job = true;
  const Task task = p.task;
  void* const context = p.context;
  const int64_t count = p.count;
  for (;;) {
    const int64_t i = p.next.fetch_add(1, std::memory_order_relaxed);
    if (i >= count) break;
    task(context, i);
  }
  inside_job = false;
}

void help(int generation) {
  Pool& p = pool();
  uint64_t done = ~0ull;  // number of the last job this thread helped with
  for (int spins = 0;;) {
    if (p.generation.load(std::memory_order_relaxed) != generation) return;
    uint64_t word = p.word.load(std::memory_order_acquire);
    if ((word & kOpen) && (word >> 32) != done) {
      if (p.word.compare_exchange_weak(word, word + 1, std::memory_order_acq_rel)) {
        done = word >> 32;
        work(p);
        p.word.fetch_sub(1, std::memory_order_acq_rel);
      }
      spins = 0;
      continue;
    }
    if (++spins < kSpins) {
      pause();
      continue;
    }
    std::unique_lock<std::mutex> lock(p.sleep);
    p.sleepers.fetch_add(1);
    p.wake.wait(lock, [&] {
      const uint64_t now = p.word.load();
      return p.generation.load() != generation || ((now & kOpen) && (now >> 32) != done);
    });
    p.sleepers.fetch_sub(1);
    spins = 0;
  }
}

void start_threads(Pool& p) {
  while (p.started < p.threads) {
    std::thread(help, p.generation.load()).detach();
    p.started++;
  }
}

int quota_cores() {
#if defined(__linux__)
  if (FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "r")) {
    long long quota = 0, period = 0;
    const int read = std::fscanf(file, "%lld %lld", &quota, &period);
    std::fclose(file);
    if (read == 2 && period > 0 && quota > 0) return static_cast<int>((quota + period - 1) / period);
  }
#endif
  return 1 << 20;
}

int physical_cores() {
#if defined(__linux__)
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    std::set<std::string> cores;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
      if (!CPU_ISSET(cpu, &allowed)) continue;
      char path[96];
      char siblings[256] = "";
      std::snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
      if (FILE* file = std::fopen(path, "r")) {
        if (!std::fgets(siblings, sizeof siblings, file)) siblings[0] = 0;
        std::fclose(file);
      }
      cores.insert(siblings[0] ? std::string(siblings) : std::to_string(cpu));
    }
    if (!cores.empty()) return static_cast<int>(cores.size());
  }
#elif defined(__APPLE__)
  int cores = 0;
  size_t size = sizeof cores;
  if (sysctlbyname("hw.perflevel0.physicalcpu", &cores, &size, nullptr, 0) == 0 && cores > 0) return cores;
  size = sizeof cores;
  if (sysctlbyname("hw.physicalcpu", &cores, &size, nullptr, 0) == 0 && cores > 0) return cores;
#endif
  const unsigned all = std::thread::hardware_concurrency();
  return all == 0 ? 1 : static_cast<int>(all);
}

struct Buffer {
  float* memory = nullptr;
  size_t floats = 0;
  ~Buffer() { std::free(memory); }
};
thread_local Buffer buffers[static_cast<int>(Scratch::count)];

}  // namespace

int usable_cores() {
  static const int cores = [] {
    const int physical = physical_cores(), quota = quota_cores();
    return physical < quota ? physical : quota;
  }();
  return cores;
}

void set_thread_count(int count) {
  Pool& p = pool();
  std::lock_guard<std::mutex> guard(p.caller);
  const int wanted = count < 1 ? 1 : count;
  if (wanted == p.threads) return;
  {
    std::lock_guard<std::mutex> lock(p.sleep);
    p.generation.fetch_add(1);
  }
  p.wake.notify_all();
  p.threads = wanted;
  p.started = 1;
}

int thread_count() { return pool().threads; }

#ifdef SUPRA_STRANGER_THREADS
bool stranger_threads = false;

// For ThreadSanitizer: tasks on new threads that nothing orders, so that two tasks that touch the same memory are seen
// however quickly the first one ends. In the pool the caller often takes all tasks of a small job itself.
void run_on_strangers(int64_t count, Task task, void* context) {
  constexpr int64_t kThreads = 3;
  std::vector<std::thread> threads;
  for (int64_t first = 0; first < (count < kThreads ? count : kThreads); first++) {
    threads.emplace_back([=] {
      inside_job = true;
      for (int64_t i = first; i < count; i += kThreads) task(context, i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}
#endif

void run_tasks(int64_t count, Task task, void* context) {
  if (count <= 0) return;
#ifdef SUPRA_STRANGER_THREADS
  if (stranger_threads && count > 1 && !inside_job) return run_on_strangers(count, task, context);
#endif
  Pool& p = pool();
  if (count == 1 || p.threads == 1 || inside_job || !p.caller.try_lock()) {
    for (int64_t i = 0; i < count; i++) task(context, i);
    return;
  }
  std::lock_guard<std::mutex> guard(p.caller, std::adopt_lock);
  start_threads(p);
  p.task = task;
  p.context = context;
  p.count = count;
  p.next.store(0, std::memory_order_relaxed);
  const uint64_t job = ((p.word.load(std::memory_order_relaxed) >> 32) + 1) & 0xffffffffull;
  p.word.store((job << 32) | kOpen);
  if (p.sleepers.load() > 0) {
    { std::lock_guard<std::mutex> lock(p.sleep); }
    p.wake.notify_all();
  }
  work(p);
  uint64_t word = p.word.fetch_and(~kOpen, std::memory_order_acq_rel);
  for (int spins = 0; (word & kHelpers) != 0; spins++) {
    if (spins < kSpins) pause();
    else std::this_thread::yield();
    word = p.word.load(std::memory_order_acquire);
  }
}

float* scratch(Scratch slot, size_t floats) {
  Buffer& buffer = buffers[static_cast<int>(slot)];
  if (buffer.floats < floats) {
    std::free(buffer.memory);
    buffer.memory = nullptr;
    buffer.floats = 0;
    const size_t bytes = (floats * sizeof(float) + 127) / 64 * 64;
    buffer.memory = static_cast<float*>(std::aligned_alloc(64, bytes));
    if (!buffer.memory) throw std::bad_alloc();
    buffer.floats = bytes / sizeof(float);
  }
  return buffer.memory;
}

}  // namespace supra
