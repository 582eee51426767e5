# Finds the machine's Emscripten and repairs what Debian's package leaves open.
find_program(EM_CONFIG em-config HINTS "$ENV{EMSDK}/upstream/emscripten" REQUIRED)
execute_process(COMMAND "${EM_CONFIG}" EMSCRIPTEN_ROOT OUTPUT_VARIABLE emscripten_root
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
include("${emscripten_root}/cmake/Modules/Platform/Emscripten.cmake")

set(launcher)
# Debian keeps the optimizer's JavaScript packages outside Emscripten's own folder.
if(EXISTS "/usr/share/nodejs/acorn")
  list(APPEND launcher NODE_PATH=/usr/share/nodejs)
endif()
# A cache that only root may write is copied once, for the system libraries are built into it on demand.
execute_process(COMMAND test -w "${_emcache_output}" RESULT_VARIABLE cache_is_closed)
if(cache_is_closed)
  get_filename_component(private_cache "${CMAKE_CURRENT_LIST_DIR}/../build/deps/emscripten" ABSOLUTE)
  if(NOT EXISTS "${private_cache}/sysroot")
    file(COPY "${_emcache_output}/" DESTINATION "${private_cache}")
  endif()
  list(APPEND launcher "EM_CACHE=${private_cache}")
endif()
if(launcher)
  list(PREPEND launcher "${CMAKE_COMMAND}" -E env)
  foreach(language C CXX)
    set(CMAKE_${language}_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_${language}_LINKER_LAUNCHER ${launcher})
  endforeach()
endif()

# Programs run in Node, where a global fetch would make Emscripten's loader look for an address.
find_program(NODE node REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR "${NODE};--no-experimental-fetch")
