# sightline::zstd, from the system or, for WebAssembly, from the sources setup.sh unpacked.
if(NOT EMSCRIPTEN)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(zstd REQUIRED IMPORTED_TARGET GLOBAL libzstd)
  add_library(sightline::zstd ALIAS PkgConfig::zstd)
  return()
endif()

set(zstd_root "${SIGHTLINE_DEPS_DIR}/src/libzstd/lib")
if(NOT EXISTS "${zstd_root}/zstd.h")
  message(FATAL_ERROR "zstd: no sources in ${zstd_root}; run ./setup.sh demo")
endif()
file(GLOB zstd_sources "${zstd_root}/common/*.c" "${zstd_root}/compress/*.c" "${zstd_root}/decompress/*.c")
list(FILTER zstd_sources EXCLUDE REGEX "zstdmt_compress|pool\\.c|threading\\.c")
add_library(zstd_wasm STATIC ${zstd_sources})
target_include_directories(zstd_wasm SYSTEM PUBLIC "${zstd_root}")
# One of the two decoders that zstd has for everything: any frame can be read, in less code.
target_compile_definitions(
  zstd_wasm PRIVATE ZSTD_DISABLE_ASM=1 ZSTD_LEGACY_SUPPORT=0 ZSTD_STRIP_ERROR_STRINGS=1 DEBUGLEVEL=0
                    HUF_FORCE_DECOMPRESS_X1=1 ZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT=1
)
target_compile_options(zstd_wasm PRIVATE -w -Os)
add_library(sightline::zstd ALIAS zstd_wasm)
