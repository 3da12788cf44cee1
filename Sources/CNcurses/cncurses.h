// ncurses as Swift may use it: no WINDOW, no macro, no mutable global, no variadic function crosses this line.
// Only Sources/Inspector/Terminal imports it, and only the process's main thread calls it.

#pragma once

// Before the include, or no wide function exists at all: clang modules are built in isolation.
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif

#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a read of the keyboard gave.
enum { CN_NOTHING = 0, CN_CHARACTER = 1, CN_KEY = 2 };

// Takes the locale from the environment; falls back to C.UTF-8, for ncurses writes mojibake otherwise. Whether the
// user's own locale was UTF-8 is what is returned: it decides between box characters and ASCII.
static inline bool cn_set_locale(void) {
    setlocale(LC_ALL, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return true;
    setlocale(LC_ALL, "C.UTF-8");
    return false;
}

// Starts the screen on an open terminal; false when the terminal is unknown. `newterm` rather than `initscr`, which
// ends the process when it fails.
static inline bool cn_start(FILE *output, FILE *input) {
    // With these set the size would be frozen at their values.
    unsetenv("LINES");
    unsetenv("COLUMNS");
    if (newterm(NULL, output, input) == NULL) return false;
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    intrflush(stdscr, FALSE);
    curs_set(0);
    set_escdelay(25);
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    return true;
}

static inline void cn_stop(void) { endwin(); }

static inline int cn_rows(void) { return LINES; }

static inline int cn_columns(void) { return COLS; }

static inline int cn_colors(void) { return has_colors() ? COLORS : 0; }

// Makes colour pair `pair`; -1 is the terminal's own colour.
static inline void cn_pair(int pair, int foreground, int background) {
    init_extended_pair(pair, foreground, background);
}

enum { CN_BOLD = 1, CN_DIM = 2, CN_REVERSE = 4, CN_UNDERLINE = 8 };

// The one drawing call. `attr_set` with the pair apart: COLOR_PAIR wraps past 255 without a word.
static inline void cn_put(int row, int column, const char *text, int style, int pair) {
    attr_t attributes = 0;
    if (style & CN_BOLD) attributes |= A_BOLD;
    if (style & CN_DIM) attributes |= A_DIM;
    if (style & CN_REVERSE) attributes |= A_REVERSE;
    if (style & CN_UNDERLINE) attributes |= A_UNDERLINE;
    wattr_set(stdscr, attributes, 0, &pair);
    mvwaddstr(stdscr, row, column, text);
}

static inline void cn_clear(void) { erase(); }

// Makes the next flush send everything: after another program has drawn on the terminal.
static inline void cn_redraw(void) { clearok(stdscr, TRUE); }

static inline void cn_flush(void) {
    wnoutrefresh(stdscr);
    doupdate();
}

// Waits at most `milliseconds` for a key. A resize comes as a key too.
static inline int cn_read(int milliseconds, int32_t *code) {
    wint_t character = 0;
    wtimeout(stdscr, milliseconds);
    int result = wget_wch(stdscr, &character);
    *code = (int32_t)character;
    if (result == KEY_CODE_YES) return CN_KEY;
    if (result == OK) return CN_CHARACTER;
    return CN_NOTHING;
}

// Lets the mouse be read, or leaves it to the terminal. Without a click interval a press is told at once, not after a
// sixth of a second in which it could have become a double click.
static inline void cn_use_mouse(bool on) {
    mouseinterval(0);
    mousemask(on ? (BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON4_PRESSED | BUTTON5_PRESSED | REPORT_MOUSE_POSITION) : 0,
              NULL);
}

// What the mouse did.
enum { CN_MOUSE_NOTHING = 0, CN_MOUSE_PRESS = 1, CN_MOUSE_MOVE = 2, CN_MOUSE_RELEASE = 3, CN_MOUSE_WHEEL_UP = 4,
       CN_MOUSE_WHEEL_DOWN = 5 };

// Takes the mouse event that a KEY_MOUSE announced.
static inline int cn_mouse(int *column, int *row) {
    MEVENT event;
    if (getmouse(&event) != OK) return CN_MOUSE_NOTHING;
    *column = event.x;
    *row = event.y;
    if (event.bstate & BUTTON4_PRESSED) return CN_MOUSE_WHEEL_UP;
    if (event.bstate & BUTTON5_PRESSED) return CN_MOUSE_WHEEL_DOWN;
    if (event.bstate & BUTTON1_PRESSED) return CN_MOUSE_PRESS;
    if (event.bstate & BUTTON1_RELEASED) return CN_MOUSE_RELEASE;
    if (event.bstate & REPORT_MOUSE_POSITION) return CN_MOUSE_MOVE;
    return CN_MOUSE_NOTHING;
}

// Whether the terminal takes more now: a slow one is given fewer frames, rather than making the dashboard wait.
static inline bool cn_can_write(FILE *output) {
    struct pollfd descriptor = {.fd = fileno(output), .events = POLLOUT, .revents = 0};
    return poll(&descriptor, 1, 0) == 1 && (descriptor.revents & POLLOUT);
}

// Sends bytes that are none of the screen's to the terminal, between frames.
static inline void cn_send(FILE *output, const char *bytes, size_t count) {
    fwrite(bytes, 1, count, output);
    fflush(output);
}
