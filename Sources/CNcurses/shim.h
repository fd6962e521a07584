// What Swift cannot call of ncurses: macros, variadic functions, mutable globals and structs whose
// layout differs between builds of the library.
#pragma once
#define NCURSES_WIDECHAR 1
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <stdint.h>
#include <string.h>
#include <term.h>
#include <wchar.h>

// Swift may not touch stdout and stdin, nor stdscr, LINES, COLS and COLORS: mutable globals, or
// macros over them. Opens curses on the standard streams; false when it knows no such terminal.
static inline bool cairn_open(void) { return newterm(NULL, stdout, stdin) != NULL; }
static inline bool cairn_is_open(void) { return stdscr != NULL; }
static inline int cairn_rows(void) { return getmaxy(stdscr); }
static inline int cairn_columns(void) { return getmaxx(stdscr); }

// Starts colours; how many there are, or 0. COLORS has no value before start_color.
static inline int cairn_colours(void) {
    return has_colors() && start_color() == OK ? COLORS : 0;
}

// Raw keys without echo and without waiting, function keys as one code, no cursor.
static inline void cairn_take_keyboard(int escape_delay_milliseconds) {
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(escape_delay_milliseconds);
    curs_set(0);
}

// Ends curses and frees it; set_term and delscreen want the pointer that only C keeps.
static inline void cairn_close(void) {
    endwin();
    delscreen(set_term(NULL));
}

// Back on the screen after endwin, everything drawn anew.
static inline void cairn_return(void) {
    clearok(curscr, TRUE);
    refresh();
    curs_set(0);
}

// setlocale's categories and CODESET are macros. Only LC_CTYPE: numbers keep their full stops.
static inline bool cairn_locale_is_utf8(void) {
    setlocale(LC_CTYPE, "");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

// True when the terminal can move its cursor: without that there is no screen to draw on. The
// capability is NULL when it is missing and -1 when the name is unknown.
static inline bool cairn_can_address(void) {
    const char *capability = tigetstr("cup");
    return capability != NULL && capability != (const char *)-1;
}

// Writes one character; cchar_t and COLOR_PAIR are not Swift's to build.
// The last cell of the screen reports an error after it was written, so nothing is returned.
static inline void cairn_put(int row, int column, uint32_t character, attr_t attributes,
                             short pair) {
    wchar_t text[2] = {(wchar_t)character, 0};
    cchar_t cell;
    if (setcchar(&cell, text, attributes, pair, NULL) == OK) mvadd_wch(row, column, &cell);
}

// How many columns libc, and so curses, gives a character; -1 when it is not printable.
static inline int cairn_width(uint32_t character) { return wcwidth((wchar_t)character); }

// get_wch is a macro. Returns 0 for no key, 1 for a character, 2 for a function key.
static inline int cairn_read_key(uint32_t *key) {
    wint_t code = 0;
    int kind = get_wch(&code);
    *key = code;
    return kind == ERR ? 0 : kind == KEY_CODE_YES ? 2 : 1;
}

// The attribute macros carry casts that Swift does not import.
static inline attr_t cairn_bold(void) { return A_BOLD; }
static inline attr_t cairn_dim(void) { return A_DIM; }
static inline attr_t cairn_reverse(void) { return A_REVERSE; }
