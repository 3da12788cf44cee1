// What Swift cannot name on Linux, and what must not run Swift code.
//
// Header only: every function is static inline, so there is nothing to link but libc. Each symbol says why it is
// here and when it may go.

#pragma once

#include <execinfo.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// _GNU_SOURCE is not defined here: it would change `fd_set` and clash with the Glibc module's. What is behind it is
// declared by hand instead.
extern int pthread_setname_np(unsigned long thread, const char *name);
extern long syscall(long number, ...);

// The kernel's id of this thread. `gettid` and `syscall` are not imported by Swift's Glibc module.
static inline int32_t cs_thread_id(void) {
    return (int32_t)syscall(SYS_gettid);
}

// The beginning of Linux's `struct tcp_info`, up to how many bytes the other side has acknowledged: the one of the C
// library, which Swift imports, ends before that.
struct cs_tcp_progress {
    unsigned char before[16];
    // How large a segment may be, in bytes: 0 where the system fills in nothing of what follows.
    uint32_t segment;
    unsigned char between[32];
    // How long ago bytes last came, in ms, as exact as the system's tick.
    uint32_t last_received_ms;
    unsigned char after[64];
    uint64_t acknowledged;
};

// Names this thread for ps, gdb and crash reports (15 bytes are kept). `pthread_setname_np` is a GNU extension that
// Swift's Glibc module does not import.
static inline void cs_name_thread(const char *name) {
    char kept[16];
    strncpy(kept, name, sizeof kept - 1);
    kept[sizeof kept - 1] = 0;
    pthread_setname_np(pthread_self(), kept);
}

// Bounds what the allocator keeps: as many arenas, not eight a core, of which each keeps its own leftovers, and blocks
// from `large` bytes on go back to the system when they are freed. Sub-threads come and go by the thousand.
static inline void cs_bound_heap(int arenas, int large) {
    mallopt(M_ARENA_MAX, arenas);
    mallopt(M_MMAP_THRESHOLD, large);
}

// Makes stdout hand over each line when it ends. `stdout` is a mutable global, which Swift 6 does not let in; without
// this, `print` in a hosted view reaches a pipe only when 4 kB have gathered.
static inline void cs_line_buffer_stdout(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
}

// Hands over what stdio still holds. Same reason.
static inline void cs_flush_output(void) {
    fflush(stdout);
    fflush(stderr);
}

// A condition variable on the monotonic clock, so that a change of the wall clock never stretches a timer.
static inline int cs_condition_init(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int code = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return code;
}

// The unique number of a Swift job's task, never given twice in one process; 0 for a job that is no task (an actor's
// work, or the first half of `Task.yield`). The runtime's own symbol behind `ExecutorJob.description`; declared here
// because parsing that text at every poll would cost a microsecond and an allocation each.
extern uint64_t swift_task_getJobTaskId(const void *job);

static inline uint64_t cs_task_number(const void *job) {
    return swift_task_getJobTaskId(job);
}

// Swift's runtime calls what this points to whenever code throws, with the error: how swift-testing finds where an error
// came from. An error that is thrown by its type (`throws(E)`) goes another way.
extern void (*_swift_willThrow)(void *error);

static inline void *cs_set_will_throw(void (*handler)(void *)) {
    return (void *)__atomic_exchange_n(&_swift_willThrow, handler, __ATOMIC_ACQ_REL);
}

// What a thread is, and what it runs just now, in a form that a signal handler can read: no pointer in it is ever
// freed while the thread lives.
typedef struct cs_thread_record {
    uint32_t track;
    uint64_t request;
    const char *function;
    char name[40];
    // Since when the job that runs now was ready, and when the timer whose body runs now was due; 0 for none.
    uint64_t ready;
    uint64_t due;
    // Whether a backtrace is being taken: that throws errors of its own.
    int is_tracing;
} cs_thread_record;

// Where this thread's signal handlers run. A handler for a stack overflow cannot run on the stack that overflowed.
#define CS_SIGNAL_STACK_BYTES 32768

// Gives this thread an alternate signal stack made from `memory` (CS_SIGNAL_STACK_BYTES bytes).
static inline int cs_use_signal_stack(void *memory) {
    stack_t stack;
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = memory;
    stack.ss_size = CS_SIGNAL_STACK_BYTES;
    return sigaltstack(&stack, NULL);
}

// Takes it away again, so that its memory can be given to another thread.
static inline void cs_drop_signal_stack(void) {
    stack_t stack;
    memset(&stack, 0, sizeof stack);
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
}

/// What tells the place of a throw from others: a number of the return addresses of the innermost `depth` calls (at most 64).
static inline uint64_t cs_throw_place(int depth) {
    void *calls[64];
    int count = backtrace(calls, depth > 64 ? 64 : depth);
    uint64_t number = 14695981039346656037u;
    for (int place = 0; place < count; place++) {
        number = (number ^ (uint64_t)(uintptr_t)calls[place]) * 1099511628211u;
    }
    return number;
}

#include <stdbool.h>

#include "crash.h"
#include "gzip.h"
