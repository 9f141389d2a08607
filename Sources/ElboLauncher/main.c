// The program `elbo`: makes sure that libtorch is there, then becomes `elbo-engine`, which lies beside it.
//
// The engine is linked against libtorch, so where that is missing the dynamic loader ends it before its first
// instruction, with a message about a library nobody asked for. This program needs the C library only.

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// libtorch's folder of libraries when the engine was built, which is the engine's run path.
#ifndef ELBO_LIBTORCH_LIB
#error "ELBO_LIBTORCH_LIB is not defined"
#endif

// What the engine is linked against.
static const char *const libraries[] = {"libtorch.so", "libtorch_cpu.so", "libc10.so"};
enum { library_count = sizeof libraries / sizeof libraries[0] };

static int fail(const char *where, const char *what, const char *remedy) {
  fprintf(stderr, "elbo: %s: %s; %s\n", where, what, remedy);
  return 1;
}

// Whether the library of this name can be read in a folder, whose name ends after `length` characters.
static int is_in(const char *folder, size_t length, const char *name) {
  char path[PATH_MAX];
  // An empty entry of a search path means the working directory, to the loader too.
  int written = length == 0 ? snprintf(path, sizeof path, "./%s", name)
                            : snprintf(path, sizeof path, "%.*s/%s", (int)length, folder, name);
  return written > 0 && (size_t)written < sizeof path && access(path, R_OK) == 0;
}

// Whether the library of this name is in one of the folders of a search path, with colons or semicolons between.
static int is_on(const char *search, const char *name) {
  if (!search || !*search) return 0;
  for (;;) {
    size_t length = strcspn(search, ":;");
    if (is_in(search, length, name)) return 1;
    if (!search[length]) return 0;
    search += length + 1;
  }
}

// The first library that the loader will not find, or null.
static const char *missing(void) {
  const char *search = getenv("LD_LIBRARY_PATH");
  for (int i = 0; i < library_count; ++i) {
    if (is_on(search, libraries[i]) || is_in(ELBO_LIBTORCH_LIB, strlen(ELBO_LIBTORCH_LIB), libraries[i])) continue;
    // Perhaps it belongs to the system, whose places only the loader knows.
    if (!dlopen(libraries[i], RTLD_LAZY)) return libraries[i];
  }
  return NULL;
}

// Has the loader search $LIBTORCH/lib too; false where that is not set or does not hold the libraries.
static int use_libtorch_variable(void) {
  const char *root = getenv("LIBTORCH");
  const char *search = getenv("LD_LIBRARY_PATH");
  if (!root || !*root) return 0;
  char paths[2 * PATH_MAX];
  int written = snprintf(paths, sizeof paths, "%s/lib%s%s", root, search && *search ? ":" : "", search ? search : "");
  if (written < 0 || (size_t)written >= sizeof paths) return 0;
  for (int i = 0; i < library_count; ++i) {
    if (!is_in(paths, strlen(root) + strlen("/lib"), libraries[i])) return 0;
  }
  return setenv("LD_LIBRARY_PATH", paths, 1) == 0;
}

int main(int count, char **arguments) {
  (void)count;
  char engine[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", engine, sizeof engine - sizeof "-engine");
  if (length < 0) return fail("/proc/self/exe", "cannot be read", "mount /proc");
  strcpy(engine + length, "-engine");

  if (access(engine, X_OK) != 0) {
    return fail(engine, "not there, and does elbo's work", "run 'make build', or keep it beside 'elbo'");
  }
  const char *library = missing();
  if (library && !use_libtorch_variable()) {
    char what[NAME_MAX + 64];
    snprintf(what, sizeof what, "libtorch is not there (%s)", library);
    return fail(ELBO_LIBTORCH_LIB, what, "run 'make setup', or set LIBTORCH to libtorch's folder");
  }
  // Memory in pages as large as the system gives: translating the addresses of many small ones takes time.
  setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 0);
  execv(engine, arguments);
  return fail(engine, strerror(errno), "run 'make build'");
}
