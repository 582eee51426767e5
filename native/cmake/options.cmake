# sightline_options: the flags of every target of ours.
add_library(sightline_options INTERFACE)
target_include_directories(sightline_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(
  sightline_options
  INTERFACE
    -Wall
    -Wextra
    -Werror=return-type
    # GCC 12 sees uninitialised members in every moved-from std::variant.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
    # One rounding per operation: native and WebAssembly must rank alike.
    -ffp-contract=off
)

if(EMSCRIPTEN)
  # 128-bit vectors for the distance kernels.
  add_compile_options(-msimd128)
  # With it, 64-bit integer mixing gives wrong values under Emscripten 3.1.6 and Node 20; whether the
  # compiler or the engine is at fault has not been separated.
  add_compile_options(-fno-slp-vectorize)
  # Exceptions by the engine, a fifth faster than through JavaScript. The linker needs the flag too.
  add_compile_options(-fwasm-exceptions)
  add_link_options(-fwasm-exceptions)
endif()

option(SIGHTLINE_SANITIZE "Address and undefined behaviour sanitizers" OFF)
if(SIGHTLINE_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT EMSCRIPTEN)
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()
