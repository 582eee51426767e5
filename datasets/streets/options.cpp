#include "datasets/streets/options.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <thread>

namespace sightline {

const char* const kUsage =
    "streets: renders simulated street scenes with their ground truth\n"
    "\n"
    "usage: streets --count N --out DIR [--seed S] [--drives D] [--format jpg|png] [--threads T]\n"
    "\n"
    "  --count N     frames in all, 960x540, 10 a second of simulated time\n"
    "  --out DIR     where the dataset goes: KITTI raw layout, label_02/ and scenes.jsonl\n"
    "  --seed S      the world to render; the same seed gives the same bytes (default 1)\n"
    "  --drives D    how many drives share the frames (default one for every 20)\n"
    "  --format F    jpg or png (default jpg)\n"
    "  --threads T   at most T threads (default one a core)\n";

namespace {

template <class Integer>
bool parse_integer(const char* text, Integer least, Integer& out) {
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, out);
  return error == std::errc() && stop == end && out >= least;
}

}  // namespace

std::string parse_options(int argc, const char* const* argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--help" || flag == "-h") {
      options.help = true;
      return {};
    }
    const bool known = flag == "--seed" || flag == "--count" || flag == "--out" ||
                       flag == "--drives" || flag == "--format" || flag == "--threads";
    if (!known) return "unknown argument '" + flag + "'; see --help";
    if (++i == argc) return flag + " needs a value; see --help";
    const std::string value = argv[i];
    bool good = true;
    if (flag == "--seed") good = parse_integer<uint64_t>(argv[i], 0, options.seed);
    if (flag == "--count") good = parse_integer(argv[i], 1, options.count);
    if (flag == "--drives") good = parse_integer(argv[i], 1, options.drives);
    if (flag == "--threads") good = parse_integer(argv[i], 1, options.threads);
    if (flag == "--out") good = !(options.out = value).empty();
    if (flag == "--format") {
      good = value == "jpg" || value == "png";
      options.format = value == "png" ? ImageFormat::kPng : ImageFormat::kJpeg;
    }
    if (!good) return "'" + value + "' is not a value for " + flag + "; see --help";
  }
  if (options.count == 0) return "--count is missing: how many frames?";
  if (options.out.empty()) return "--out is missing: which folder shall receive the frames?";
  if (options.drives == 0) options.drives = std::max(1, options.count / 20);
  if (options.drives > options.count)
    return "--drives " + std::to_string(options.drives) + " is more than --count " +
           std::to_string(options.count) + "; every drive needs a frame";
  if (options.threads == 0)
    options.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return {};
}

}  // namespace sightline
