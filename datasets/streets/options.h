#pragma once
#include <cstdint>
#include <string>

#include "datasets/streets/dataset_writer.h"

namespace sightline {

struct Options {
  uint64_t seed = 1;
  int count = 0;
  int drives = 0;
  int threads = 0;
  std::string out;
  ImageFormat format = ImageFormat::kJpeg;
  bool help = false;
};

extern const char* const kUsage;

/// Reads the command line; returns a sentence about the first mistake, or nothing.
std::string parse_options(int argc, const char* const* argv, Options& options);

}  // namespace sightline
