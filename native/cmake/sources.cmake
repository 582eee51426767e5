# Sources are found, not listed: a new file needs no edit here. A target whose main file does not
# exist is left out, so a partial tree configures.

# Sets `out` to the .cpp files below the current folder that this target can compile.
function(find_sources out)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$" OR EMSCRIPTEN)
    list(FILTER found EXCLUDE REGEX "_(sse4|avx2|avx512)\\.cpp$")
  endif()
  if(NOT EMSCRIPTEN)
    list(FILTER found EXCLUDE REGEX "_simd128\\.cpp$")
  endif()
  set(${out} ${found} PARENT_SCOPE)
endfunction()
