// Giving the terminal back when the process dies, whatever it dies of.
//
// A handler of a fatal signal may call next to nothing: no curses, no allocation, no Swift, whose
// runtime may be what crashed. So all that the handler needs is made beforehand and lies in static
// memory here: the saved modes, the bytes that end the alternate screen, the handlers that were
// there before. It writes, resets the modes, puts the old handler back and lets the signal happen
// again; the exit status, the core and the backtrace are those of a program without a screen.
//
// A screen hides what is written to standard error, the last words of a trap among it. So while it
// is open, and if standard error is a terminal, that goes to an unlinked file and is said after the
// terminal was given back.
//
// Deaths by request (INT, TERM, HUP, QUIT) are guarded only where nobody else handles them: an
// event loop that watches them closes the screen itself.
//
// Every Swift file that calls these functions gets a copy of them, and optimised builds carry calls
// into other modules. So the state is a weak symbol, of which the linker keeps one, and handlers
// are told apart by the address that was installed.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <ncurses.h>
#include <term.h>

#define CAIRN_GUARDED 12

static const int cairn_guard_signals[CAIRN_GUARDED] = {
    SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT,  // What the process does to itself.
    SIGINT, SIGTERM, SIGHUP, SIGQUIT,                   // What others ask of it.
    SIGTSTP, SIGCONT,                                   // Stopped and gone on with.
};
enum { CAIRN_FIRST_REQUEST = 6, CAIRN_FIRST_JOB = 10 };

struct cairn_guard_state {
    volatile sig_atomic_t armed;
    volatile sig_atomic_t stop_wanted;
    volatile sig_atomic_t continued;
    struct termios modes;
    char farewell[256];
    size_t farewell_length;
    struct sigaction previous[CAIRN_GUARDED];
    bool installed[CAIRN_GUARDED];
    void (*handlers[CAIRN_GUARDED])(int, siginfo_t *, void *);
    char stack[65536];  // A stack overflow leaves none to handle it on.
    bool stack_installed;
    bool exit_hooked;
    bool diverted;
    int errors;       // The file that keeps what is said meanwhile.
    int true_errors;  // Standard error as it was.
};
__attribute__((weak)) struct cairn_guard_state cairn_guard = {0};

// Async-signal-safe, as all that the restoring calls: write, pread, fstat, dup2 and tcsetattr are.
static void cairn_guard_write(int file, const char *bytes, size_t length) {
    size_t sent = 0;
    while (sent < length) {
        ssize_t count = write(file, bytes + sent, length - sent);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        sent += (size_t)count;
    }
}

// Standard error is itself again and says what it was told meanwhile, at most the last 8 KiB.
static void cairn_guard_say_errors(void) {
    if (!cairn_guard.diverted) return;
    cairn_guard.diverted = false;
    dup2(cairn_guard.true_errors, STDERR_FILENO);
    char bytes[8192];
    struct stat state;
    if (fstat(cairn_guard.errors, &state) != 0) return;
    off_t start = state.st_size > (off_t)sizeof bytes ? state.st_size - (off_t)sizeof bytes : 0;
    ssize_t count = pread(cairn_guard.errors, bytes, sizeof bytes, start);
    if (count > 0) cairn_guard_write(STDERR_FILENO, bytes, (size_t)count);
    close(cairn_guard.errors);
    close(cairn_guard.true_errors);
}

static void cairn_guard_restore(void) {
    if (!cairn_guard.armed) return;
    cairn_guard.armed = 0;
    cairn_guard_write(STDOUT_FILENO, cairn_guard.farewell, cairn_guard.farewell_length);
    // A handler of ours blocks all signals, SIGTTOU too, so this works from the background as well.
    tcsetattr(STDIN_FILENO, TCSANOW, &cairn_guard.modes);
    cairn_guard_say_errors();
}

static void cairn_guard_die(int number, siginfo_t *cause, void *context) {
    (void)context;
    int saved = errno;
    cairn_guard_restore();
    for (int i = 0; i < CAIRN_FIRST_JOB; i++)
        if (cairn_guard_signals[i] == number) sigaction(number, &cairn_guard.previous[i], NULL);
    // A fault of the processor happens again when its instruction does, with its true address; a
    // breakpoint's does not, and a signal that was sent must be sent again.
    bool repeats = cause != NULL && cause->si_code > 0 &&
                   (number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL);
    if (!repeats) raise(number);  // Blocked until this handler returns.
    errno = saved;
}

static void cairn_guard_note(int number, siginfo_t *cause, void *context) {
    (void)cause;
    (void)context;
    if (number == SIGTSTP) cairn_guard.stop_wanted = 1;
    if (number == SIGCONT) cairn_guard.continued = 1;
}

// Appends a capability of the terminal without its padding ("$<5>"), which needs no waiting here.
static inline void cairn_guard_append(const char *capability) {
    const char *text = tigetstr(capability);
    if (text == NULL || text == (const char *)-1) return;
    for (size_t i = 0; text[i] != 0;) {
        if (text[i] == '$' && text[i + 1] == '<') {
            while (text[i] != 0 && text[i] != '>') i++;
            if (text[i] == '>') i++;
            continue;
        }
        if (cairn_guard.farewell_length + 2 >= sizeof cairn_guard.farewell) return;
        cairn_guard.farewell[cairn_guard.farewell_length++] = text[i++];
    }
}

// Remembers the modes as they are now. Call before curses changes them; false without a terminal.
static inline bool cairn_guard_remember(void) {
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
           tcgetattr(STDIN_FILENO, &cairn_guard.modes) == 0;
}

// Installs the handlers. Call before curses opens, which then leaves its own out.
static inline void cairn_guard_install(void) {
    stack_t now;
    if (sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE)) {
        stack_t stack = {.ss_sp = cairn_guard.stack, .ss_size = sizeof cairn_guard.stack};
        cairn_guard.stack_installed = sigaltstack(&stack, NULL) == 0;
    }
    for (int i = 0; i < CAIRN_GUARDED; i++) {
        struct sigaction action = {0};
        sigfillset(&action.sa_mask);
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
        cairn_guard.handlers[i] = i < CAIRN_FIRST_JOB ? cairn_guard_die : cairn_guard_note;
        action.sa_sigaction = cairn_guard.handlers[i];
        if (sigaction(cairn_guard_signals[i], NULL, &cairn_guard.previous[i]) != 0) continue;
        bool is_default = !(cairn_guard.previous[i].sa_flags & SA_SIGINFO) &&
                          cairn_guard.previous[i].sa_handler == SIG_DFL;
        if (i >= CAIRN_FIRST_REQUEST && !is_default) continue;
        cairn_guard.installed[i] = sigaction(cairn_guard_signals[i], &action, NULL) == 0;
    }
    if (!cairn_guard.exit_hooked) cairn_guard.exit_hooked = atexit(cairn_guard_restore) == 0;
}

// Makes the farewell from the terminal's own description and arms the guard. Call once curses is
// open: attributes, colours, cursor and keypad go back, and the alternate screen ends.
static inline void cairn_guard_arm(void) {
    cairn_guard.farewell_length = 0;
    const char *capabilities[] = {"sgr0", "op", "rmkx", "cnorm", "rmcup"};
    for (int i = 0; i < 5; i++) cairn_guard_append(capabilities[i]);
    const char *end = tigetstr("rmcup");
    if (end == NULL || end == (const char *)-1) {
        // Without an alternate screen the picture stays; the shell's prompt goes below it.
        cairn_guard.farewell[cairn_guard.farewell_length++] = '\r';
        cairn_guard.farewell[cairn_guard.farewell_length++] = '\n';
    }
    cairn_guard.armed = 1;
}

// Sends standard error to a file, if it is a terminal.
static inline void cairn_guard_divert_errors(void) {
    if (cairn_guard.diverted || !isatty(STDERR_FILENO)) return;
    char path[] = "/tmp/cairn-errors-XXXXXX";
    cairn_guard.errors = mkstemp(path);
    if (cairn_guard.errors < 0) return;
    unlink(path);
    fcntl(cairn_guard.errors, F_SETFL, O_APPEND);
    fcntl(cairn_guard.errors, F_SETFD, FD_CLOEXEC);
    cairn_guard.true_errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (cairn_guard.true_errors < 0) {
        close(cairn_guard.errors);
        return;
    }
    cairn_guard.diverted = dup2(cairn_guard.errors, STDERR_FILENO) >= 0;
}

// Forgets old errors, so that a program that complains for days fills no disk.
static inline void cairn_guard_trim_errors(void) {
    struct stat state;
    if (cairn_guard.diverted && fstat(cairn_guard.errors, &state) == 0 && state.st_size > 1 << 20)
        (void)!ftruncate(cairn_guard.errors, 0);
}

static inline void cairn_guard_disarm(void) { cairn_guard.armed = 0; }

// Says what standard error was told and puts the old handlers back, except where someone has put a
// newer one in our place.
static inline void cairn_guard_remove(void) {
    cairn_guard.armed = 0;
    cairn_guard_say_errors();
    for (int i = 0; i < CAIRN_GUARDED; i++) {
        if (!cairn_guard.installed[i]) continue;
        cairn_guard.installed[i] = false;
        struct sigaction current;
        if (sigaction(cairn_guard_signals[i], NULL, &current) != 0) continue;
        if (current.sa_sigaction == cairn_guard.handlers[i])
            sigaction(cairn_guard_signals[i], &cairn_guard.previous[i], NULL);
    }
    if (cairn_guard.stack_installed) {
        stack_t none = {.ss_flags = SS_DISABLE};
        sigaltstack(&none, NULL);
        cairn_guard.stack_installed = false;
    }
}

// Stops the process, or its whole job when the keyboard asked, as the default of SIGTSTP would;
// returns when it goes on.
static inline void cairn_guard_stop(bool whole_job) {
    struct sigaction standard = {0}, ours;
    sigemptyset(&standard.sa_mask);
    standard.sa_handler = SIG_DFL;
    sigaction(SIGTSTP, &standard, &ours);
    kill(whole_job ? 0 : getpid(), SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
    cairn_guard.stop_wanted = 0;
    cairn_guard.continued = 0;
}

static inline bool cairn_guard_wants_stop(void) { return cairn_guard.stop_wanted; }
static inline bool cairn_guard_has_continued(void) {
    bool continued = cairn_guard.continued;
    cairn_guard.continued = 0;
    return continued;
}
