// The C library of a module linked for size copies byte by byte; here the engine does it, by one
// instruction each, which every browser with the SIMD that the core needs has.
#include <stddef.h>

void* memcpy(void* restrict target, const void* restrict source, size_t byte_count) {
  return __builtin_memcpy(target, source, byte_count);
}

void* memmove(void* target, const void* source, size_t byte_count) {
  return __builtin_memmove(target, source, byte_count);
}

void* memset(void* target, int value, size_t byte_count) {
  return __builtin_memset(target, value, byte_count);
}
