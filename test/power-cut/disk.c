/*
 * A disk that loses what was not synced, for one SQLite data file of the process that this is preloaded into.
 * What the process reads and writes is real. Beside it, the folder POWER_CUT_DISK holds what a power cut would leave:
 * each write gets there by the next sync of its file, or at once by chance, as disks do.
 * POWER_CUT_FILE: path of the data file. POWER_CUT_SEED: of the chances. POWER_CUT_LIES: syncs do nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 2, MOST_FDS = 4096, MOST_RANGES = 100000, AT_ONCE_OF_100 = 30 };
static const char *SUFFIXES[FILES] = {"", "-wal"};

struct range {
  off_t at;
  size_t bytes;
};
static struct followed {
  int kept; /* descriptor of what a power cut leaves; 0: not open */
  size_t count;
  struct range unsynced[MOST_RANGES];
} files[FILES];

static unsigned char file_of[MOST_FDS]; /* 1 + index in files; 0: not followed */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int chance;

static void fail(const char *what) {
  perror(what);
  abort();
}

static void path_of_kept(char *path, size_t size, int index) {
  const char *name = strrchr(getenv("POWER_CUT_FILE"), '/') + 1;
  snprintf(path, size, "%s/%s%s", getenv("POWER_CUT_DISK"), name, SUFFIXES[index]);
}

static int index_of(const char *path) {
  const char *file = getenv("POWER_CUT_FILE");
  size_t length = file == NULL ? 0 : strlen(file);
  if (file == NULL || strncmp(path, file, length) != 0) return -1;
  for (int index = 0; index < FILES; index++)
    if (strcmp(path + length, SUFFIXES[index]) == 0) return index;
  return -1;
}

static void follow(int fd, const char *path) {
  int index = fd < 0 || fd >= MOST_FDS ? -1 : index_of(path);
  if (index < 0) return;
  pthread_mutex_lock(&lock);
  file_of[fd] = index + 1;
  if (chance == 0) chance = atoi(getenv("POWER_CUT_SEED"));
  if (files[index].kept == 0) {
    char kept[4096];
    path_of_kept(kept, sizeof kept, index);
    int (*open_it)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
    files[index].kept = open_it(kept, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (files[index].kept < 0) fail(kept);
  }
  pthread_mutex_unlock(&lock);
}

static struct followed *followed_by(int fd) {
  return fd < 0 || fd >= MOST_FDS || file_of[fd] == 0 ? NULL : &files[file_of[fd] - 1];
}

static ssize_t put(int fd, const void *data, size_t bytes, off_t at) {
  static ssize_t (*real)(int, const void *, size_t, off_t);
  if (real == NULL) real = dlsym(RTLD_NEXT, "pwrite64");
  return real(fd, data, bytes, at);
}

static void written(struct followed *file, const void *data, size_t bytes, off_t at) {
  pthread_mutex_lock(&lock);
  if (rand_r(&chance) % 100 < AT_ONCE_OF_100) {
    if (put(file->kept, data, bytes, at) < 0) fail("keeping a write");
  }
  if (file->count == MOST_RANGES) fail("too many writes without a sync");
  file->unsynced[file->count++] = (struct range){at, bytes};
  pthread_mutex_unlock(&lock);
}

static int sync_file(int fd, struct followed *file) {
  static char data[1 << 20];
  struct stat real;
  if (getenv("POWER_CUT_LIES") != NULL) return 0;
  pthread_mutex_lock(&lock);
  for (size_t next = 0; next < file->count; next++) {
    struct range range = file->unsynced[next];
    while (range.bytes > 0) {
      size_t part = range.bytes < sizeof data ? range.bytes : sizeof data;
      ssize_t got = pread(fd, data, part, range.at);
      if (got <= 0) break; /* cut off since */
      if (put(file->kept, data, got, range.at) != got) fail("keeping a sync");
      range.at += got;
      range.bytes -= got;
    }
  }
  file->count = 0;
  if (fstat(fd, &real) < 0 || ftruncate(file->kept, real.st_size) < 0) fail("keeping a size");
  pthread_mutex_unlock(&lock);
  return 0;
}

#define OPEN(name)                                            \
  int name(const char *path, int flags, ...) {                \
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name); \
    va_list rest;                                             \
    va_start(rest, flags);                                    \
    int fd = real(path, flags, va_arg(rest, int));            \
    va_end(rest);                                             \
    follow(fd, path);                                         \
    return fd;                                                \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "close");
  if (fd >= 0 && fd < MOST_FDS) file_of[fd] = 0;
  return real(fd);
}

ssize_t pwrite64(int fd, const void *data, size_t bytes, off_t at) {
  ssize_t put_bytes = put(fd, data, bytes, at);
  struct followed *file = followed_by(fd);
  if (file != NULL && put_bytes > 0) written(file, data, put_bytes, at);
  return put_bytes;
}

ssize_t write(int fd, const void *data, size_t bytes) {
  ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  struct followed *file = followed_by(fd);
  if (file == NULL) return real(fd, data, bytes);
  off_t at = lseek(fd, 0, SEEK_CUR);
  ssize_t put_bytes = real(fd, data, bytes);
  if (put_bytes > 0) written(file, data, put_bytes, at);
  return put_bytes;
}

#define SYNC(name)                                  \
  int name(int fd) {                                \
    int (*real)(int) = dlsym(RTLD_NEXT, #name);     \
    struct followed *file = followed_by(fd);        \
    return file == NULL ? real(fd) : sync_file(fd, file); \
  }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
  int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
  int index = index_of(path);
  if (index >= 0 && files[index].kept != 0) {
    char kept[4096];
    path_of_kept(kept, sizeof kept, index);
    pthread_mutex_lock(&lock);
    real(kept);
    close(files[index].kept);
    files[index].kept = 0;
    files[index].count = 0;
    pthread_mutex_unlock(&lock);
  }
  return real(path);
}
