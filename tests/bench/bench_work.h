#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/base/result.h"
#include "native/vectors/codes.h"
#include "native/vectors/exact_search.h"
#include "native/vectors/hnsw_graph.h"

namespace sightline {

inline constexpr uint32_t kDim = 512;
inline constexpr uint32_t kK = 10;

// What core_bench measures: built natively, written to a file, read by the WebAssembly build.
struct Work {
  uint32_t rows = 0;
  uint32_t query_count = 0;
  std::vector<float> queries;   // [query_count, kDim]
  std::vector<uint32_t> truth;  // [query_count, kK], by float32
  CodeParameters parameters;
  std::vector<int8_t> codes;
  std::vector<uint8_t> refinement;
  HnswGraph graph;

  CodeTable table() const { return {codes, rows, kDim, refinement}; }
  std::span<const float> query(uint32_t i) const {
    return std::span(queries).subspan(size_t{i} * kDim, kDim);
  }
};

[[noreturn]] inline void fail(const std::string& message) {
  std::fprintf(stderr, "core_bench: %s\n", message.c_str());
  std::exit(1);
}

template <class T>
T checked(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(result).value();
}

inline void write_work(const Work& work, const char* path) {
  ByteWriter writer;
  writer.write(work.rows);
  writer.write(work.query_count);
  writer.write_array(std::span(work.queries));
  writer.write_array(std::span(work.truth));
  write_code_parameters(writer, work.parameters);
  writer.write_array(std::span(work.codes));
  writer.write_array(std::span(work.refinement));
  writer.write_bytes(write_graph(work.graph));
  std::FILE* file = std::fopen(path, "wb");
  if (file == nullptr ||
      std::fwrite(writer.bytes().data(), 1, writer.size(), file) != writer.size() ||
      std::fclose(file) != 0) {
    fail(std::string("cannot write ") + path);
  }
}

inline std::vector<uint8_t> read_bytes(const char* path) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) fail(std::string("cannot open ") + path + "; run the native build first");
  std::fseek(file, 0, SEEK_END);
  std::vector<uint8_t> bytes(static_cast<size_t>(std::ftell(file)));
  std::rewind(file);
  const bool whole = std::fread(bytes.data(), 1, bytes.size(), file) == bytes.size();
  std::fclose(file);
  if (!whole) fail(std::string("cannot read ") + path);
  return bytes;
}

inline Work read_work(const char* path) {
  const auto bytes = read_bytes(path);
  ByteReader reader(bytes);
  Work work;
  work.rows = reader.read<uint32_t>();
  work.query_count = reader.read<uint32_t>();
  work.queries = reader.read_array<float>(size_t{work.query_count} * kDim);
  work.truth = reader.read_array<uint32_t>(size_t{work.query_count} * kK);
  work.parameters = checked(read_code_parameters(reader, kDim));
  work.codes = reader.read_array<int8_t>(size_t{work.rows} * kDim);
  work.refinement = reader.read_array<uint8_t>(work.rows * refinement_bytes(kDim));
  work.graph = checked(HnswGraph::parse(reader.take(reader.remaining()), work.rows));
  return work;
}

}  // namespace sightline
