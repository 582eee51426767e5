#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#ifdef __SANITIZE_ADDRESS__
// ONNX Runtime keeps a few bytes of global state until the process ends.
extern "C" const char* __lsan_default_suppressions() { return "leak:libonnxruntime\n"; }
#endif
