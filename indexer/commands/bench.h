#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "native/base/result.h"

namespace sightline {

struct BenchOptions {
  std::string bundle;   // a site, a bundle or the address of either
  std::string queries;  // a file with a query a line; "": phrases made of phrase_list
  std::string phrase_list = "streets";
  std::vector<uint32_t> ef_search = {32, 64, 128};
  uint32_t repeat = 3;         // runs over all queries; the fastest run counts
  bool measure_build = false;  // also times building the graph again
  std::string output;          // a file for the JSON report; "": standard output
};

// Measures search of a bundle on one thread: for each efSearch recall@10 against exact search of
// the same codes, average, p50, p95 and p99 in milliseconds and the speed-up over exact search.
Result<int> run_bench(const BenchOptions& options);

}  // namespace sightline
