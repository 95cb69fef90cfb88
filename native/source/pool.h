// The thread pool and the scratch memory that all kernels share.
#pragma once
#include <cstddef>
#include <cstdint>

namespace supra {

using Task = void (*)(void* context, int64_t index);

// Runs task(context, i) once for every i in [0, count), on this thread and the pool's, and returns when all are done.
// Tasks are handed out one by one, so their results must not depend on who runs them: kernels cut their work into pieces
// by size alone, which makes results the same for every number of threads. A nested call, or a call while another
// JavaScript thread uses the pool, runs serially.
void run_tasks(int64_t count, Task task, void* context);

// Takes effect before the next run_tasks; the calling thread counts as one. Call it only while no kernel runs.
void set_thread_count(int count);
int thread_count();

// Physical cores this process may run on, limited by a container's CPU quota.
int usable_cores();

enum class Scratch { packed_a, packed_b, attention, rows, logits, partials, scan, count };

// Memory of the calling thread, aligned to 64 bytes, that keeps its place until the next call with the same slot.
float* scratch(Scratch slot, size_t floats);

}  // namespace supra
