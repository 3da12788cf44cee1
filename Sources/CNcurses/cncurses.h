// ncurses as Swift may use it: no WINDOW, no macro, no mutable global, no variadic function crosses this line.
// Only Sources/Inspector/Terminal imports it, and only the process's main thread calls it.
//
// ncurses draws: it finds the bytes that turn what is shown into what is to be shown, by the terminal's description. It
// neither reads nor writes the terminal: its own writing waits for as long as the terminal takes nothing, and its reading
// gives the letters of a sequence it does not know as keys. What it writes goes into a file in memory.

#pragma once

// Before the include, or no wide function exists at all: clang modules are built in isolation.
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

// Declared by hand: <term.h> makes macros of words like `lines` and `tab`, and _GNU_SOURCE would clash with Glibc's
// module.
extern int setupterm(const char *name, int descriptor, int *error);
extern int memfd_create(const char *name, unsigned flags);

// Takes the locale from the environment; falls back to C.UTF-8, for ncurses writes mojibake otherwise. Whether the
// user's own locale was UTF-8 is what is returned: it decides between box characters and ASCII.
static inline bool cn_set_locale(void) {
    setlocale(LC_ALL, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return true;
    setlocale(LC_ALL, "C.UTF-8");
    return false;
}

// A file in memory for what ncurses writes; NULL when the system has no room for one.
static inline FILE *cn_make_sheet(void) {
    int descriptor = memfd_create("screen", 1 /* MFD_CLOEXEC */);
    if (descriptor < 0) return tmpfile();
    FILE *sheet = fdopen(descriptor, "w+");
    if (sheet == NULL) close(descriptor);
    return sheet;
}

// How many bytes ncurses has written since they were taken last.
static inline size_t cn_sheet_count(FILE *sheet) {
    off_t count = lseek(fileno(sheet), 0, SEEK_CUR);
    return count > 0 ? (size_t)count : 0;
}

// Takes the bytes that ncurses has written, `count` at most, and empties the sheet.
static inline size_t cn_take_sheet(FILE *sheet, void *bytes, size_t count) {
    size_t taken = 0;
    while (taken < count) {
        ssize_t part = pread(fileno(sheet), (char *)bytes + taken, count - taken, (off_t)taken);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) break;
        taken += (size_t)part;
    }
    lseek(fileno(sheet), 0, SEEK_SET);
    return ftruncate(fileno(sheet), 0) == 0 ? taken : 0;
}

// How a start went.
enum { CN_NO_DATABASE = -1, CN_UNKNOWN = 0, CN_STARTED = 1, CN_CANNOT_PLACE = 2 };

// Starts drawing for the terminal whose description is called `name`, of that size. `newterm` rather than `initscr`,
// which ends the process when it fails.
static inline int cn_start(const char *name, FILE *sheet, FILE *input, int rows, int columns) {
    // With these set the size would be frozen at their values.
    unsetenv("LINES");
    unsetenv("COLUMNS");
    SCREEN *screen = newterm(name, sheet, input);
    if (screen == NULL) {
        int error = 0;
        setupterm(name, fileno(sheet), &error);
        return error < 0 ? CN_NO_DATABASE : CN_UNKNOWN;
    }
    const char *place = tigetstr("cup");
    if (place == NULL || place == (const char *)-1) {
        endwin();
        delscreen(screen);
        cn_take_sheet(sheet, NULL, 0);
        return CN_CANNOT_PLACE;
    }
    // A frame is drawn whole, whether keys wait or not: ncurses would look for them at a descriptor that is not the
    // terminal's.
    typeahead(-1);
    nonl();
    keypad(stdscr, TRUE);
    curs_set(0);
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    resize_term(rows, columns);
    // The scrolling region was set for the size in the description, as the sheet has none. The cursor goes home with it,
    // unknown to ncurses: the next flush begins anew.
    wnoutrefresh(stdscr);
    doupdate();
    char *region = tigetstr("csr");
    if (region != NULL && region != (char *)-1) {
        const char *text = tparm(region, 0L, (long)rows - 1, 0L, 0L, 0L, 0L, 0L, 0L, 0L);
        if (text != NULL && write(fileno(sheet), text, strlen(text)) < 0) return CN_UNKNOWN;
    }
    clearok(stdscr, TRUE);
    return CN_STARTED;
}

// Writes what puts the terminal back onto the sheet; the next flush takes it again.
static inline void cn_stop(void) { endwin(); }

static inline int cn_rows(void) { return LINES; }

static inline int cn_columns(void) { return COLS; }

static inline void cn_resize(int rows, int columns) { resize_term(rows, columns); }

static inline int cn_colors(void) { return has_colors() ? COLORS : 0; }

// What the description says that a key sends; NULL when it does not say.
static inline const char *cn_key_bytes(const char *capability) {
    const char *bytes = tigetstr(capability);
    return bytes == (const char *)-1 ? NULL : bytes;
}

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

// Writes what has changed onto the sheet.
static inline void cn_flush(void) {
    wnoutrefresh(stdscr);
    doupdate();
}

// Takes each key as it comes, unseen, `^C`, `^Z`, `^\` and `^S` among them: in pasted text they are text, and a stopped
// output would hold the screen. Output goes out as it is written.
static inline bool cn_take_keys(int terminal) {
    struct termios modes;
    if (tcgetattr(terminal, &modes) != 0) return false;
    modes.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | ISTRIP | IXON | IXANY);
    modes.c_oflag &= ~(tcflag_t)OPOST;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | ISIG | IEXTEN);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    return tcsetattr(terminal, TCSANOW, &modes) == 0;
}

// How many rows and columns the terminal has now; false when it does not say.
static inline bool cn_size(int terminal, int *rows, int *columns) {
    struct winsize size;
    memset(&size, 0, sizeof size);
    if (ioctl(terminal, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return false;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return true;
}
