// What happens to the terminal when the process goes down: written in C, for a signal handler may neither allocate nor
// lock, and nobody promises that of Swift code.
//
// The state is static, so each object file that uses these functions has a state of its own: only
// Sources/Inspector/Terminal/CrashGuard.swift may use them.

#pragma once

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>

typedef cs_thread_record *(*cs_record_finder)(void);

static struct {
    int armed;
    int drawing;
    int32_t drawing_thread;
    volatile sig_atomic_t stop_signal;
    int terminal;
    struct termios modes;
    int saved_output;
    int saved_error;
    int error_pipe;
    cs_record_finder find_record;
    struct sigaction previous[65];
    // The last of what came by the caught stderr: the reader thread may have taken the message that explains the crash
    // out of the pipe already.
    char tail[4096];
    volatile size_t tail_length;
} cs_guard = {.terminal = -1, .saved_output = -1, .saved_error = -1, .error_pipe = -1};

static inline void cs_keep_error_tail(const void *bytes, size_t count) {
    const char *from = bytes;
    size_t room = sizeof cs_guard.tail;
    if (count >= room) {
        from += count - room;
        count = room;
        cs_guard.tail_length = 0;
    }
    size_t kept = cs_guard.tail_length;
    if (kept + count > room) {
        size_t drop = kept + count - room;
        memmove(cs_guard.tail, cs_guard.tail + drop, kept - drop);
        kept -= drop;
    }
    memcpy(cs_guard.tail + kept, from, count);
    cs_guard.tail_length = kept + count;
}

static inline void cs_write_all(int descriptor, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, count);
        if (written <= 0) return;
        bytes += written;
        count -= (size_t)written;
    }
}

static inline void cs_write_text(int descriptor, const char *text) { cs_write_all(descriptor, text, strlen(text)); }

static inline void cs_write_number(int descriptor, uint64_t number) {
    char digits[24];
    size_t place = sizeof digits;
    do {
        digits[--place] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    cs_write_all(descriptor, digits + place, sizeof digits - place);
}

// Puts the terminal back as it was and gives the streams back. Safe in a signal handler; does nothing the second time.
static inline bool cs_restore_terminal(void) {
    if (!__atomic_exchange_n(&cs_guard.armed, 0, __ATOMIC_SEQ_CST)) return false;
    // The thread that draws sees that before its next frame; the one it is at now is waited for, a tenth of a second at
    // most, or its end would land on the restored screen.
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int turn = 0; turn < 100 && cs_guard.drawing_thread != cs_thread_id(); turn++) {
        if (!__atomic_load_n(&cs_guard.drawing, __ATOMIC_SEQ_CST)) break;
        nanosleep(&pause, NULL);
    }
    // Leave the alternate screen, show the cursor, no attributes, ordinary cursor keys and keypad.
    cs_write_text(cs_guard.terminal, "\033[?1049l\033[?25h\033[0m\033[?1l\033>\r");
    tcsetattr(cs_guard.terminal, TCSANOW, &cs_guard.modes);
    if (cs_guard.saved_output >= 0) dup2(cs_guard.saved_output, 1);
    if (cs_guard.saved_error >= 0) {
        cs_write_all(cs_guard.saved_error, cs_guard.tail, cs_guard.tail_length);
        struct pollfd ready = {.fd = cs_guard.error_pipe, .events = POLLIN};
        char bytes[1024];
        while (cs_guard.error_pipe >= 0 && poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN)) {
            ssize_t count = read(cs_guard.error_pipe, bytes, sizeof bytes);
            if (count <= 0) break;
            cs_write_all(cs_guard.saved_error, bytes, (size_t)count);
        }
        dup2(cs_guard.saved_error, 2);
    }
    return true;
}

static inline const char *cs_signal_words(int number) {
    switch (number) {
    case SIGILL:
    case SIGTRAP: return "a Swift trap: a failed precondition, an overflow, an index out of range or a forced nil";
    case SIGSEGV:
    case SIGBUS: return "a bad address, most often a stack overflow";
    case SIGFPE: return "an arithmetic fault";
    case SIGABRT: return "abort() was called";
    default: return "a fatal signal";
    }
}

// Says which request, function and thread went down.
static inline void cs_write_epitaph(const char *what) {
    cs_thread_record *record = cs_guard.find_record ? cs_guard.find_record() : NULL;
    cs_write_text(2, "inspector: the process ended: ");
    cs_write_text(2, what);
    cs_write_text(2, ". Thread ");
    cs_write_text(2, record && record->name[0] ? record->name : "(unnamed)");
    if (record && record->function) {
        cs_write_text(2, " ran ");
        cs_write_text(2, record->function);
        cs_write_text(2, " for request #");
        cs_write_number(2, record->request);
    }
    cs_write_text(2, ".\n");
}

static inline void cs_on_crash(int number, siginfo_t *info, void *context) {
    (void)info;
    (void)context;
    int error = errno;
    static volatile sig_atomic_t is_told = 0;
    cs_restore_terminal();
    if (!is_told) {
        is_told = 1;
        cs_write_epitaph(cs_signal_words(number));
    }
    // The previous handler (Swift's backtracer, or the default) gets the signal when the instruction runs again.
    sigaction(number, &cs_guard.previous[number], NULL);
    if (number == SIGABRT) raise(number);
    errno = error;
}

static inline void cs_on_stop(int number) { cs_guard.stop_signal = number; }

static inline void cs_on_exit(void) {
    if (cs_restore_terminal()) cs_write_epitaph("exit() was called");
}

// SIGINT, SIGTERM or SIGHUP, if one has come; else 0.
static inline int cs_stop_signal(void) { return cs_guard.stop_signal; }

// Notes the signals that ask the process to stop, instead of dying of them. Before `newterm`: ncurses then leaves them
// alone.
static inline void cs_catch_stop_signals(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = cs_on_stop;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    // A client that goes away while we write is an error of that write, not the end.
    signal(SIGPIPE, SIG_IGN);
}

// From now on a crash says who went down, whether there is a screen to restore or not.
static inline void cs_watch_crashes(cs_record_finder find_record) {
    cs_guard.find_record = find_record;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = cs_on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    const int signals[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        sigaction(signals[i], &action, &cs_guard.previous[signals[i]]);
    }
}

// Keeps the terminal's modes, and restores them on every way out from now on.
static inline bool cs_arm_guard(int terminal, int saved_output, int saved_error, int error_pipe) {
    if (tcgetattr(terminal, &cs_guard.modes) != 0) return false;
    cs_guard.terminal = terminal;
    cs_guard.saved_output = saved_output;
    cs_guard.saved_error = saved_error;
    cs_guard.error_pipe = error_pipe;
    static bool has_exit_handler = false;
    if (!has_exit_handler) atexit(cs_on_exit);
    has_exit_handler = true;
    __atomic_store_n(&cs_guard.armed, 1, __ATOMIC_SEQ_CST);
    return true;
}

// Whether the screen is still ours: another thread may be going down with the process just now.
static inline bool cs_guard_is_armed(void) { return __atomic_load_n(&cs_guard.armed, __ATOMIC_SEQ_CST) != 0; }

// Says that this thread is about to draw; false when the screen is no longer ours, and nothing may be drawn.
static inline bool cs_begin_drawing(void) {
    cs_guard.drawing_thread = cs_thread_id();
    __atomic_store_n(&cs_guard.drawing, 1, __ATOMIC_SEQ_CST);
    if (cs_guard_is_armed()) return true;
    __atomic_store_n(&cs_guard.drawing, 0, __ATOMIC_SEQ_CST);
    return false;
}

static inline void cs_end_drawing(void) { __atomic_store_n(&cs_guard.drawing, 0, __ATOMIC_SEQ_CST); }

// The terminal was given back in the ordinary way.
static inline void cs_disarm_guard(void) { __atomic_store_n(&cs_guard.armed, 0, __ATOMIC_SEQ_CST); }

// Blocks SIGWINCH in this thread, and so in those it starts: a resize must wake the main thread, or it is seen seconds
// late.
static inline void cs_block_resize_signal(bool is_blocked) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    pthread_sigmask(is_blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}
