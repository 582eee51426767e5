#include "indexer/sources/vector_file.h"

#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "indexer/base/file_io.h"
#include "native/base/half.h"
#include "native/vectors/codes.h"

namespace sightline {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr uint64_t kMaxRows = 1u << 31;

// The text behind a key of the header's dictionary, up to the next comma outside parentheses.
std::optional<std::string> value_of(std::string_view header, std::string_view key) {
  const auto found = header.find("'" + std::string(key) + "'");
  if (found == std::string_view::npos) return {};
  const auto colon = header.find(':', found);
  if (colon == std::string_view::npos) return {};
  int depth = 0;
  std::string value;
  for (const char c : header.substr(colon + 1)) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if ((c == ',' && depth == 0) || c == '}') break;
    if (c != ' ') value += c;
  }
  return value;
}

// "(1000,512)" → {1000, 512}.
std::optional<std::pair<uint64_t, uint64_t>> parse_shape(const std::string& text) {
  unsigned long long rows = 0;
  unsigned long long dim = 0;
  char end = 0;
  if (std::sscanf(text.c_str(), "(%llu,%llu%c", &rows, &dim, &end) != 3 || end != ')') return {};
  return std::pair<uint64_t, uint64_t>{rows, dim};
}

std::shared_ptr<const uint8_t> map_file(int descriptor, size_t byte_count) {
  void* mapped = mmap(nullptr, byte_count, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (mapped == MAP_FAILED) return nullptr;
  return {static_cast<const uint8_t*>(mapped),
          [byte_count](const uint8_t* bytes) { munmap(const_cast<uint8_t*>(bytes), byte_count); }};
}

}  // namespace

Result<VectorFile> VectorFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_error("cannot read " + path, errno);
  struct stat status = {};
  const bool is_known = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  const auto file_bytes = static_cast<size_t>(is_known ? status.st_size : 0);
  VectorFile file;
  file.path_ = path;
  if (file_bytes > 0) file.bytes_ = map_file(descriptor, file_bytes);
  ::close(descriptor);

  const auto refuse = [&](const std::string& why) {
    return invalid_argument(path + ": " + why +
                            "; expected a .npy file of float16 or float32 [rows, dimensions], as "
                            "numpy.save writes it");
  };
  if (file.bytes_ == nullptr || file_bytes < 12 ||
      std::memcmp(file.bytes_.get(), kMagic.data(), kMagic.size()) != 0) {
    return refuse("it does not begin as a NumPy file");
  }
  const uint8_t major = file.bytes_.get()[6];
  uint32_t header_bytes = 0;
  std::memcpy(&header_bytes, file.bytes_.get() + 8, major == 1 ? 2 : 4);
  file.data_offset_ = (major == 1 ? 10u : 12u) + size_t{header_bytes};
  if (major < 1 || major > 3 || file.data_offset_ > file_bytes) {
    return refuse("its header is damaged or of an unknown version");
  }
  const std::string_view header(
      reinterpret_cast<const char*>(file.bytes_.get()) + (major == 1 ? 10 : 12), header_bytes);
  const std::string type = value_of(header, "descr").value_or("");
  const auto shape = parse_shape(value_of(header, "shape").value_or(""));
  if (type != "'<f2'" && type != "'<f4'") return refuse("its values are of type " + type);
  if (value_of(header, "fortran_order") != "False") return refuse("its order is Fortran's");
  if (!shape || shape->first == 0 || shape->second == 0) {
    return refuse("its shape is " + value_of(header, "shape").value_or("missing"));
  }
  if (shape->second > kMaxVectorDim || shape->first > kMaxRows) {
    return refuse("it holds " + std::to_string(shape->first) + " rows of " +
                  std::to_string(shape->second) + " dimensions, at most " +
                  std::to_string(kMaxRows) + " of " + std::to_string(kMaxVectorDim) + " can be");
  }
  file.is_half_ = type == "'<f2'";
  file.row_count_ = static_cast<uint32_t>(shape->first);
  file.dim_ = static_cast<uint32_t>(shape->second);
  const uint64_t data_bytes = shape->first * shape->second * (file.is_half_ ? 2 : 4);
  if (file_bytes - file.data_offset_ != data_bytes) {
    return refuse("it holds " + std::to_string(file_bytes - file.data_offset_) +
                  " bytes of data, its header says " + std::to_string(data_bytes));
  }
  return file;
}

Result<void> VectorFile::read_rows(uint32_t first, uint32_t count, std::span<float> rows) const {
  const size_t value_bytes = is_half_ ? 2 : 4;
  const uint8_t* bytes = bytes_.get() + data_offset_ + size_t{first} * dim_ * value_bytes;
  if (is_half_) {
    for (size_t i = 0; i < rows.size(); ++i) {
      uint16_t half = 0;
      std::memcpy(&half, bytes + 2 * i, 2);
      rows[i] = half_to_float(half);
    }
  } else {
    std::memcpy(rows.data(), bytes, rows.size_bytes());
  }
  for (uint32_t r = 0; r < count; ++r) {
    const auto row = rows.subspan(size_t{r} * dim_, dim_);
    double square = 0;
    for (const float value : row) square += double{value} * value;
    if (!std::isfinite(square) || square == 0) {
      return invalid_argument(path_ + ": row " + std::to_string(first + r) +
                              (square == 0 ? " holds only zeros" : " holds NaN or infinity") +
                              "; leave such rows out");
    }
    const double scale = 1 / std::sqrt(square);
    for (float& value : row) value = static_cast<float>(value * scale);
  }
  return {};
}

}  // namespace sightline
