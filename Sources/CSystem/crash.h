// What happens to the terminal when the process goes down: written in C, for a signal handler may neither allocate nor
// lock, and nobody promises that of Swift code.
//
// There is no static state here: every object file into which the compiler inlines one of these functions would have a
// state of its own. `CrashGuard.swift` owns the one state, and hands it in.

#pragma once

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <termios.h>

typedef cs_thread_record *(*cs_record_finder)(void);

typedef struct cs_guard {
    int armed;
    // The first thread that goes down with the process, and whether it has said all it has to say.
    int going;
    int is_gone;
    int drawing;
    int32_t drawing_thread;
    volatile sig_atomic_t stop_signal;
    // SIGTSTP was asked for, SIGCONT has come.
    volatile sig_atomic_t pause_asked;
    volatile sig_atomic_t continued;
    // The terminal is the shell's while the process is suspended or in the background: it is left alone then.
    int is_away;
    // Whether a signal that asks to stop is noted, so that what serves can end in order; else it ends the process.
    volatile sig_atomic_t notes_stops;
    // A file that is being written and is worth nothing before its end: taken away when the process is ended meanwhile.
    char unfinished[4096];
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
    // Whether the reader thread is between taking bytes out of the pipe and keeping them here.
    int taking;
    // Whether the process goes down: what is in the pipe still is the crash's to write.
    int going_down;
    // Whether what was written last to stderr did not end its line.
    int is_mid_line;
    int is_told;
    int has_exit_handler;
} cs_guard;

// Says that the reader thread is about to take bytes out of the caught stderr, so that a thread that goes down meanwhile
// waits until they are kept; false once one has, and the bytes have to be left to it.
static inline bool cs_begin_taking_errors(cs_guard *guard) {
    __atomic_store_n(&guard->taking, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&guard->going_down, __ATOMIC_SEQ_CST)) return true;
    __atomic_store_n(&guard->taking, 0, __ATOMIC_SEQ_CST);
    return false;
}

// Keeps what was taken, if anything was.
static inline void cs_end_taking_errors(cs_guard *guard, const void *bytes, size_t count) {
    const char *from = bytes;
    size_t room = sizeof guard->tail;
    if (count >= room) {
        from += count - room;
        count = room;
        guard->tail_length = 0;
    }
    size_t kept = guard->tail_length;
    if (kept + count > room) {
        size_t drop = kept + count - room;
        memmove(guard->tail, guard->tail + drop, kept - drop);
        kept -= drop;
    }
    if (count > 0) memcpy(guard->tail + kept, from, count);
    guard->tail_length = kept + count;
    __atomic_store_n(&guard->taking, 0, __ATOMIC_SEQ_CST);
}

static inline void cs_write_all(int descriptor, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, count);
        if (written <= 0) return;
        bytes += written;
        count -= (size_t)written;
    }
}

// Writes to a descriptor that does not block, and waits for `milliseconds` in all at most; whether all was taken. Safe in
// a signal handler.
static inline bool cs_write_within(int descriptor, const char *bytes, size_t count, int milliseconds) {
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, count);
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
            continue;
        }
        if (written == 0 || (errno != EAGAIN && errno != EINTR)) return false;
        clock_gettime(CLOCK_MONOTONIC, &now);
        long passed = (long)(now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
        if (passed >= milliseconds) return false;
        struct pollfd ready = {.fd = descriptor, .events = POLLOUT, .revents = 0};
        poll(&ready, 1, (int)(milliseconds - passed));
    }
    return true;
}

// Lets what goes to a stream vanish where it is a terminal: one that takes nothing would hold the end of the process at
// its next line. Safe in a signal handler.
static inline void cs_leave_stream(int stream) {
    struct termios modes;
    if (stream < 0 || tcgetattr(stream, &modes) != 0) return;
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nothing < 0) return;
    dup2(nothing, stream);
    close(nothing);
}

// Opens anew what `stream` leads to when that is a terminal, so that writing to it does not wait; the one it was shared
// with is left as it is.
static inline void cs_write_without_waiting(int stream) {
    struct termios modes;
    if (tcgetattr(stream, &modes) != 0) return;
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", stream);
    int again = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (again < 0) return;
    dup2(again, stream);
    close(again);
}

// Ends a sequence that was cut; leaves the mouse and pastes to the terminal and the alternate screen, shows the cursor, no
// attributes, ordinary cursor keys and keypad. What the terminal has not shown yet goes no more: of a line that is full
// that makes room for this, and for the lines that follow. Whether it was taken. Safe in a signal handler.
static inline bool cs_restore_screen(int terminal) {
    static const char bytes[] = "\033\\\033[?1002l\033[?1000l\033[?1006l\033[?2004l\033[?1049l\033[?25h"
                                "\033[0m\033[?1l\033>\r";
    // From the background that would stop the process (SIGTTOU).
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    tcflush(terminal, TCOFLUSH);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return cs_write_within(terminal, bytes, sizeof bytes - 1, 200);
}

// Gives the terminal its modes back. From the background that would stop the process (SIGTTOU).
static inline void cs_set_modes(int terminal, const struct termios *modes) {
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    tcsetattr(terminal, TCSANOW, modes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

// Writes what a program printed, with its control bytes made visible: C0 and DEL as ^X, the C1 controls, which are two
// bytes in UTF-8, as their number. Whether it ends within a line.
static inline bool cs_write_visible(int descriptor, const char *bytes, size_t count) {
    size_t from = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if ((byte < 32 && byte != '\n' && byte != '\t') || byte == 127) {
            cs_write_all(descriptor, bytes + from, i - from);
            char shown[2] = {'^', (char)(byte ^ 64)};
            cs_write_all(descriptor, shown, 2);
            from = i + 1;
        } else if (byte == 0xC2 && i + 1 < count && (unsigned char)bytes[i + 1] >= 0x80 && (unsigned char)bytes[i + 1] < 0xA0) {
            cs_write_all(descriptor, bytes + from, i - from);
            unsigned char next = (unsigned char)bytes[i + 1];
            char shown[4] = {'\\', 'x', next < 0x90 ? '8' : '9', "0123456789ABCDEF"[next & 15]};
            cs_write_all(descriptor, shown, 4);
            from = i + 2;
            i++;
        }
    }
    cs_write_all(descriptor, bytes + from, count - from);
    return count > 0 && bytes[count - 1] != '\n';
}

// A line that is put together before it is written: other threads write to the same terminal, and Swift's own words about a
// crash come from another one. What finds no room is left out.
typedef struct {
    char bytes[1024];
    size_t count;
} cs_line;

static inline void cs_append(cs_line *line, const char *text) {
    while (*text && line->count < sizeof line->bytes) line->bytes[line->count++] = *text++;
}

static inline void cs_append_number(cs_line *line, uint64_t number) {
    char digits[24];
    size_t place = sizeof digits;
    digits[--place] = 0;
    do {
        digits[--place] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    cs_append(line, digits + place);
}

// Puts the terminal back as it was and gives the streams back. Safe in a signal handler; does nothing the second time.
static inline bool cs_restore_terminal(cs_guard *guard) {
    if (!__atomic_exchange_n(&guard->armed, 0, __ATOMIC_SEQ_CST)) return false;
    // The thread that draws sees that before its next frame; the one it is at now is waited for, a tenth of a second at
    // most, or its end would land on the restored screen.
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int turn = 0; turn < 100 && guard->drawing_thread != cs_thread_id(); turn++) {
        if (!__atomic_load_n(&guard->drawing, __ATOMIC_SEQ_CST)) break;
        nanosleep(&pause, NULL);
    }
    bool is_taken = true;
    if (!__atomic_load_n(&guard->is_away, __ATOMIC_SEQ_CST)) {
        is_taken = cs_restore_screen(guard->terminal);
        cs_set_modes(guard->terminal, &guard->modes);
    }
    if (!is_taken) {
        cs_leave_stream(guard->saved_output);
        cs_leave_stream(guard->saved_error);
        cs_leave_stream(1);
        cs_leave_stream(2);
    }
    if (guard->saved_output >= 0) dup2(guard->saved_output, 1);
    if (guard->saved_error >= 0) {
        __atomic_store_n(&guard->going_down, 1, __ATOMIC_SEQ_CST);
        for (int turn = 0; turn < 100 && __atomic_load_n(&guard->taking, __ATOMIC_SEQ_CST); turn++) {
            nanosleep(&pause, NULL);
        }
        guard->is_mid_line = cs_write_visible(guard->saved_error, guard->tail, guard->tail_length);
        struct pollfd ready = {.fd = guard->error_pipe, .events = POLLIN};
        char bytes[1024];
        while (guard->error_pipe >= 0 && poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN)) {
            ssize_t count = read(guard->error_pipe, bytes, sizeof bytes);
            if (count <= 0) break;
            guard->is_mid_line = cs_write_visible(guard->saved_error, bytes, (size_t)count);
        }
        dup2(guard->saved_error, 2);
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
static inline void cs_write_epitaph(cs_guard *guard, const char *what) {
    cs_thread_record *record = guard->find_record ? guard->find_record() : NULL;
    cs_line line = {.count = 0};
    if (guard->is_mid_line) cs_append(&line, "\n");
    cs_append(&line, "inspector: the process ended: ");
    cs_append(&line, what);
    cs_append(&line, ". Thread ");
    cs_append(&line, record && record->name[0] ? record->name : "(unnamed)");
    if (record && record->function) {
        cs_append(&line, " ran ");
        cs_append(&line, record->function);
        cs_append(&line, " for request #");
        cs_append_number(&line, record->request);
    }
    cs_append(&line, ".\n");
    cs_write_all(2, line.bytes, line.count);
}

// Two threads may go down at once: the second waits for what the first has to do, a second at most, or the process would
// end with the terminal half restored.
static inline void cs_await_others(cs_guard *guard) {
    int first = 0;
    int self = (int)cs_thread_id();
    if (__atomic_compare_exchange_n(&guard->going, &first, self, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int turn = 0; turn < 1000 && first != self; turn++) {
        if (__atomic_load_n(&guard->is_gone, __ATOMIC_SEQ_CST)) break;
        nanosleep(&pause, NULL);
    }
}

// What the handler of a fatal signal does.
static inline void cs_handle_crash(cs_guard *guard, int number) {
    int error = errno;
    cs_await_others(guard);
    cs_restore_terminal(guard);
    if (!__atomic_exchange_n(&guard->is_told, 1, __ATOMIC_SEQ_CST)) {
        cs_write_epitaph(guard, cs_signal_words(number));
    }
    __atomic_store_n(&guard->is_gone, 1, __ATOMIC_SEQ_CST);
    // The previous handler (Swift's backtracer, or the default) gets the signal when the instruction runs again.
    sigaction(number, &guard->previous[number], NULL);
    if (number == SIGABRT) raise(number);
    errno = error;
}

// Notes that the process shall stop, as if that signal had come.
static inline void cs_note_stop(cs_guard *guard, int number) {
    if (guard->stop_signal == 0) guard->stop_signal = number;
}

// What the handler of a signal that asks to stop does.
//
// The first one is noted where something has to be ended in order: servers, a recording, the screen. Else, and at the
// second one, the process ends at once by that signal, as if nothing had caught it: whatever it reads or waits for. The
// system and the shell both report a closed terminal, so a second SIGHUP does not end the process at once.
static inline void cs_handle_stop(cs_guard *guard, int number) {
    if (guard->notes_stops && (guard->stop_signal == 0 || number == SIGHUP)) {
        cs_note_stop(guard, number);
        return;
    }
    cs_restore_terminal(guard);
    if (guard->unfinished[0]) unlink(guard->unfinished);
    // SIGQUIT's own way would leave a core file behind, which nobody asked for.
    if (number == SIGQUIT) number = SIGTERM;
    signal(number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
}

// From now on the first signal that asks to stop is noted.
static inline void cs_note_stops(cs_guard *guard) { guard->notes_stops = 1; }

// Names the file that is being written, or none with NULL. Called by one thread only.
static inline void cs_set_unfinished(cs_guard *guard, const char *path) {
    // Empty first: a handler in between sees no file rather than half a name.
    guard->unfinished[0] = 0;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (path == NULL || strlen(path) >= sizeof guard->unfinished) return;
    memcpy(guard->unfinished + 1, path + 1, strlen(path));
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    guard->unfinished[0] = path[0];
}

// What is done when `exit` is called while the screen is up.
static inline void cs_handle_exit(cs_guard *guard) {
    cs_await_others(guard);
    if (cs_restore_terminal(guard)) cs_write_epitaph(guard, "exit() was called");
    __atomic_store_n(&guard->is_gone, 1, __ATOMIC_SEQ_CST);
}

// SIGINT, SIGTERM, SIGHUP or SIGQUIT, if one has been noted; else 0.
static inline int cs_stop_signal(const cs_guard *guard) { return guard->stop_signal; }

// Catches the signals that ask the process to stop. Before `newterm`: ncurses then leaves them alone.
static inline void cs_catch_stop_signals(void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    // Started under nohup it goes on when the terminal is gone, as was asked for.
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) != 0 || before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, NULL);
    sigaction(SIGQUIT, &action, NULL);
    // A client that goes away while we write, or a file that may not become larger, is an error of that write, not the
    // end.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

// From now on a crash says who went down, whether there is a screen to restore or not.
static inline void cs_watch_crashes(
    cs_guard *guard, cs_record_finder find_record, void (*handler)(int, siginfo_t *, void *)) {
    guard->find_record = find_record;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    const int signals[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        sigaction(signals[i], &action, &guard->previous[signals[i]]);
    }
}

// Keeps the terminal's modes, and restores them on every way out from now on; `on_exit` runs when `exit` is called, and
// `after_exit` behind it: the C library runs each once, so that a second thread which calls `exit` finds only the latter.
static inline bool cs_arm_guard(
    cs_guard *guard, int terminal, int saved_output, int saved_error, int error_pipe, void (*on_exit)(void),
    void (*after_exit)(void)) {
    if (tcgetattr(terminal, &guard->modes) != 0) return false;
    guard->terminal = terminal;
    guard->saved_output = saved_output;
    guard->saved_error = saved_error;
    guard->error_pipe = error_pipe;
    guard->is_away = 0;
    if (!guard->has_exit_handler) {
        atexit(after_exit);
        atexit(on_exit);
    }
    guard->has_exit_handler = 1;
    __atomic_store_n(&guard->armed, 1, __ATOMIC_SEQ_CST);
    return true;
}

// Whether the screen is still ours: another thread may be going down with the process just now.
static inline bool cs_guard_is_armed(const cs_guard *guard) { return __atomic_load_n(&guard->armed, __ATOMIC_SEQ_CST) != 0; }

// Says that this thread is about to draw; false when the screen is no longer ours, and nothing may be drawn.
static inline bool cs_begin_drawing(cs_guard *guard) {
    guard->drawing_thread = cs_thread_id();
    __atomic_store_n(&guard->drawing, 1, __ATOMIC_SEQ_CST);
    if (cs_guard_is_armed(guard)) return true;
    __atomic_store_n(&guard->drawing, 0, __ATOMIC_SEQ_CST);
    return false;
}

static inline void cs_end_drawing(cs_guard *guard) { __atomic_store_n(&guard->drawing, 0, __ATOMIC_SEQ_CST); }

// The terminal was given back in the ordinary way.
static inline void cs_disarm_guard(cs_guard *guard) { __atomic_store_n(&guard->armed, 0, __ATOMIC_SEQ_CST); }

// Notes SIGTSTP and SIGCONT while the screen is up, and lets SIGWINCH end a wait. Before `newterm`: its own handler gives
// the terminal back and takes it again in the middle of whatever any thread does, and knows nothing of pastes. Where
// SIGTSTP is ignored (no job control) it stays so.
static inline void cs_catch_pauses(void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    struct sigaction before;
    if (sigaction(SIGTSTP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(SIGTSTP, &action, NULL);
    sigaction(SIGCONT, &action, NULL);
    sigaction(SIGWINCH, &action, NULL);
}

// Leaves these signals to the system again.
static inline void cs_release_pauses(void) {
    struct sigaction before;
    const int signals[] = {SIGTSTP, SIGCONT, SIGWINCH};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) signal(signals[i], SIG_DFL);
    }
}

// What the handler of these does.
static inline void cs_note_pause(cs_guard *guard, int number) {
    if (number == SIGTSTP) guard->pause_asked = 1;
    if (number == SIGCONT) guard->continued = 1;
}

// Whether SIGTSTP has been asked for since the last call.
static inline bool cs_take_pause(cs_guard *guard) {
    bool is_asked = guard->pause_asked != 0;
    guard->pause_asked = 0;
    return is_asked;
}

// Whether one of both waits to be taken.
static inline bool cs_has_pause(const cs_guard *guard) { return guard->pause_asked != 0 || guard->continued != 0; }

// Whether the process has been continued since the last call.
static inline bool cs_take_continuation(cs_guard *guard) {
    bool is_continued = guard->continued != 0;
    guard->continued = 0;
    return is_continued;
}

// Says whether the terminal is the shell's for now.
static inline void cs_set_away(cs_guard *guard, bool is_away) {
    __atomic_store_n(&guard->is_away, is_away, __ATOMIC_SEQ_CST);
}

// Stops the process, or with `whole` its whole group, as the terminal does at `^Z`; returns when it goes on. At once where
// nobody could continue it: then the system does not stop it.
static inline void cs_suspend(bool whole) {
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    sigaction(SIGTSTP, &action, &before);
    if (before.sa_handler == SIG_IGN) {
        sigaction(SIGTSTP, &before, NULL);
        return;
    }
    kill(whole ? 0 : getpid(), SIGTSTP);
    sigaction(SIGTSTP, &before, NULL);
}

// Whether this process may use the terminal: its group is the one in the foreground. True where the terminal does not
// say.
static inline bool cs_is_in_foreground(int terminal) {
    pid_t group = tcgetpgrp(terminal);
    return group <= 0 || group == getpgrp();
}

// Blocks SIGWINCH in this thread, and so in those it starts: a resize must wake the main thread, or it is seen seconds
// late.
static inline void cs_block_resize_signal(bool is_blocked) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    pthread_sigmask(is_blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}
