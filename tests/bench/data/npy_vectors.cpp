#include "tests/bench/data/npy_vectors.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <regex>
#include <sstream>

#include "native/base/half.h"

namespace sightline::bench {

void fail(const std::string& message) {
  std::fprintf(stderr, "bench: %s\n", message.c_str());
  std::exit(1);
}

namespace {

struct Header {
  std::string type;
  uint32_t rows;
  uint32_t dim;
};

Header read_header(std::ifstream& file, const std::string& path) {
  char start[10];
  if (!file.read(start, sizeof start) || std::memcmp(start, "\x93NUMPY", 6) != 0) {
    fail(path + " is not an .npy file");
  }
  uint32_t size = static_cast<uint8_t>(start[8]) | static_cast<uint8_t>(start[9]) << 8;
  if (start[6] != 1) fail(path + ": only version 1 of .npy is read here");
  std::string text(size, ' ');
  file.read(text.data(), size);
  static const std::regex kPattern(
      R"('descr': '<(f2|f4|u4)', 'fortran_order': False, 'shape': \((\d+), (\d+)\))");
  std::smatch found;
  if (!std::regex_search(text, found, kPattern)) {
    fail(path + ": expected a row-major matrix of float16, float32 or uint32, found " + text);
  }
  return {found[1], static_cast<uint32_t>(std::stoul(found[2])),
          static_cast<uint32_t>(std::stoul(found[3]))};
}

template <class T>
void read_values(std::ifstream& file, const std::string& path, std::vector<T>& values) {
  const auto size = static_cast<std::streamsize>(values.size() * sizeof(T));
  if (!file.read(reinterpret_cast<char*>(values.data()), size)) fail(path + " is cut short");
}

}  // namespace

Vectors read_npy(const std::string& path, uint32_t row_limit) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("cannot open " + path);
  const Header header = read_header(file, path);
  Vectors vectors{std::min(header.rows, row_limit), header.dim, {}};
  const size_t count = size_t{vectors.rows} * vectors.dim;
  vectors.values.resize(count);
  if (header.type == "f4") {
    read_values(file, path, vectors.values);
  } else if (header.type == "f2") {
    std::vector<uint16_t> block(vectors.dim);
    for (uint32_t row = 0; row < vectors.rows; ++row) {
      read_values(file, path, block);
      std::transform(block.begin(), block.end(), vectors.row(row).begin(), half_to_float);
    }
  } else {
    fail(path + " holds integers, not vectors");
  }
  return vectors;
}

Ordinals read_npy_ordinals(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("cannot open " + path);
  const Header header = read_header(file, path);
  if (header.type != "u4") fail(path + " holds no uint32");
  Ordinals ordinals{header.rows, header.dim, {}};
  ordinals.values.resize(size_t{header.rows} * header.dim);
  read_values(file, path, ordinals.values);
  return ordinals;
}

Vectors read_tsv(const std::string& path, uint32_t dim) {
  std::ifstream file(path);
  if (!file) fail("cannot open " + path);
  Vectors vectors{0, dim, {}};
  for (std::string line; std::getline(file, line); ++vectors.rows) {
    std::istringstream numbers(line);
    for (uint32_t d = 0; d < dim; ++d) {
      if (!(numbers >> vectors.values.emplace_back())) fail(path + " has a row that is too short");
    }
  }
  return vectors;
}

NpyWriter::NpyWriter(const std::string& path, Type type, uint32_t rows, uint32_t dim)
    : path_(path), type_(type), file_(std::fopen(path.c_str(), "wb")) {
  if (file_ == nullptr) fail("cannot write " + path);
  const char* name = type == Type::kFloat16 ? "f2" : type == Type::kFloat32 ? "f4" : "u4";
  std::string header = "{'descr': '<" + std::string(name) +
                       "', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                       std::to_string(dim) + "), }";
  header.resize(128 - 10 - 1, ' ');
  header += '\n';
  write_bytes("\x93NUMPY\x01\x00\x76\x00", 10);
  write_bytes(header.data(), header.size());
}

NpyWriter::~NpyWriter() {
  if (std::fclose(file_) != 0) fail("cannot write " + path_);
}

void NpyWriter::write_bytes(const void* bytes, size_t size) {
  if (std::fwrite(bytes, 1, size, file_) != size) fail("cannot write " + path_);
}

void NpyWriter::write(std::span<const float> values) {
  if (type_ == Type::kFloat32) return write_bytes(values.data(), values.size_bytes());
  std::vector<uint16_t> halves(values.size());
  std::transform(values.begin(), values.end(), halves.begin(), float_to_half);
  write_bytes(halves.data(), halves.size() * sizeof(uint16_t));
}

void NpyWriter::write(std::span<const uint32_t> values) {
  write_bytes(values.data(), values.size_bytes());
}

void write_npy(const std::string& path, NpyWriter::Type type, const Vectors& vectors) {
  NpyWriter(path, type, vectors.rows, vectors.dim).write(vectors.values);
}

void write_npy(const std::string& path, const Ordinals& ordinals) {
  NpyWriter(path, NpyWriter::Type::kUint32, ordinals.rows, ordinals.k).write(ordinals.values);
}

}  // namespace sightline::bench
