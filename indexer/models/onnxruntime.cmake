# sightline::onnxruntime. ONNXRUNTIME_ROOT (an unpacked official archive: include/, lib/) wins; otherwise the
# headers that setup.sh unpacked and the library of the npm package onnxruntime-node.
set(ONNXRUNTIME_ROOT "$ENV{ONNXRUNTIME_ROOT}" CACHE PATH "An unpacked ONNX Runtime release, or empty")

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(ort_arch arm64)
else()
  set(ort_arch x64)
endif()
if(ONNXRUNTIME_ROOT)
  set(ort_include_hints "${ONNXRUNTIME_ROOT}/include" "${ONNXRUNTIME_ROOT}/include/onnxruntime")
  set(ort_library_dir "${ONNXRUNTIME_ROOT}/lib")
else()
  set(ort_include_hints "${SIGHTLINE_DEPS_DIR}/usr/include/onnxruntime")
  set(ort_library_dir "${CMAKE_SOURCE_DIR}/node_modules/onnxruntime-node/bin/napi-v6/linux/${ort_arch}")
endif()

find_path(ORT_INCLUDE onnxruntime_cxx_api.h HINTS ${ort_include_hints} PATH_SUFFIXES onnxruntime)
find_file(ORT_LIBRARY libonnxruntime.so.1 HINTS "${ort_library_dir}" PATHS /usr/lib PATH_SUFFIXES
                                          "${CMAKE_LIBRARY_ARCHITECTURE}")
if(NOT ORT_INCLUDE OR NOT ORT_LIBRARY)
  message(FATAL_ERROR "ONNX Runtime: headers '${ORT_INCLUDE}', library '${ORT_LIBRARY}'; run ./setup.sh demo, "
                      "or set ONNXRUNTIME_ROOT to an unpacked release")
endif()

add_library(sightline::onnxruntime SHARED IMPORTED GLOBAL)
set_target_properties(
  sightline::onnxruntime
  PROPERTIES IMPORTED_LOCATION "${ORT_LIBRARY}" IMPORTED_SONAME libonnxruntime.so.1 INTERFACE_INCLUDE_DIRECTORIES
                                                                                    "${ORT_INCLUDE}"
)

# Lets a program find the library beside itself or, moved together with the tree, in node_modules.
function(use_onnxruntime_at_run_time target)
  get_filename_component(library_dir "${ORT_LIBRARY}" DIRECTORY)
  file(RELATIVE_PATH from_program "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}" "${library_dir}")
  set_target_properties(${target} PROPERTIES BUILD_RPATH "$ORIGIN;$ORIGIN/${from_program}")
endfunction()
