#include "indexer/base/progress.h"

#include <cmath>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "indexer/base/json.h"

namespace sightline {
namespace {

// What a job of 40 items in two stages with a note between writes in one style.
std::string output_of(ProgressStyle style) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    Progress progress(style, file);
    progress.begin("scan");
    progress.add(40);
    progress.begin("embed", 40);
    progress.note("one file is broken");
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int item = 0; item < 10; ++item) progress.add();
      });
    }
    for (auto& thread : threads) thread.join();
  }
  std::rewind(file);
  std::string text(1 << 16, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t start = 0; start < text.size();) {
    const size_t end = text.find('\n', start);
    lines.push_back(text.substr(start, end - start));
    start = end == text.npos ? text.size() : end + 1;
  }
  return lines;
}

}  // namespace

TEST_CASE("a progress line shows stage, counts, share, rate and time left") {
  CHECK(render_progress_line({"embed", 1200, 20000, 84.06, 223.6}) ==
        "embed  1,200 / 20,000  6 %  84.1/s  3 min 44 s left");
  CHECK(render_progress_line({"scan", 1234567, 0, 0, std::nullopt}) == "scan  1,234,567");
  CHECK(render_progress_line({"embed", 999, 1000, 5.129, 0.2}) ==
        "embed  999 / 1,000  99 %  5.13/s  0 s left");
  CHECK(render_progress_line({"write", 7, 7, 1234.4, std::nullopt}) ==
        "write  7 / 7  100 %  1234/s");
}

TEST_CASE("a progress line never exceeds the width it is given") {
  for (size_t width : {0, 1, 10, 20, 40}) {
    CHECK(render_progress_line({"embed", 1200, 20000, 84.1, 224}, width).size() <= width);
  }
}

TEST_CASE("durations read as people say them") {
  CHECK(render_duration(0) == "0 s");
  CHECK(render_duration(59.4) == "59 s");
  CHECK(render_duration(59.6) == "1 min 00 s");
  CHECK(render_duration(3599.6) == "1 h 00 min");
  CHECK(render_duration(7500) == "2 h 05 min");
  CHECK(render_duration(-1) == "0 s");
}

TEST_CASE("a JSON progress line has all five fields and a null for an unknown time left") {
  CHECK(render_progress_json({"embed", 1200, 20000, 84.06251, 223.6}) ==
        R"({"stage":"embed","done":1200,"total":20000,"items_per_s":84.063,"eta_s":223.6})");
  CHECK(render_progress_json({"scan", 3, 0, 0, std::nullopt}) ==
        R"({"stage":"scan","done":3,"total":0,"items_per_s":0.0,"eta_s":null})");
}

TEST_CASE("the rate follows a change of speed within a few windows and forgets the old one") {
  RateWindow rate;
  CHECK(rate.items_per_s() == 0);
  double now_s = 0;
  uint64_t done = 0;
  const auto run = [&](double duration_s, uint64_t items_per_step) {
    for (const double end_s = now_s + duration_s; now_s < end_s; now_s += 0.5) {
      rate.update(now_s, done);
      done += items_per_step;
    }
  };
  run(10, 50);
  CHECK(rate.items_per_s() == Approx(100));
  run(RateWindow::kWindowS, 5);
  CHECK(rate.items_per_s() > 20);
  CHECK(rate.items_per_s() < 60);
  run(5 * RateWindow::kWindowS, 5);
  CHECK(rate.items_per_s() == Approx(10).epsilon(0.1));
}

TEST_CASE("a quiet progress writes nothing") { CHECK(output_of(ProgressStyle::kQuiet).empty()); }

TEST_CASE("a plain progress ends each stage with one line") {
  const auto lines = lines_of(output_of(ProgressStyle::kPlain));
  REQUIRE(lines.size() == 3);
  CHECK_THAT(lines[0], Catch::StartsWith("scan  40"));
  CHECK(lines[1] == "one file is broken");
  CHECK_THAT(lines[2], Catch::StartsWith("embed  40 / 40  100 %") && Catch::Contains("  in 0 s"));
}

TEST_CASE("a JSON progress is one JSON object a line and counts every item of every thread") {
  const auto lines = lines_of(output_of(ProgressStyle::kJson));
  REQUIRE(lines.size() == 3);
  for (const auto& line : lines) CHECK(parse_json(line));
  CHECK(parse_json(lines[1])->string_at("note") == "one file is broken");
  CHECK(parse_json(lines[2])->string_at("stage") == "embed");
  CHECK(parse_json(lines[2])->int_at("done") == 40);
  CHECK(parse_json(lines[2])->double_at("eta_s") == 0);
}

TEST_CASE("a progress reports at most twice a second while a stage runs") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  Progress progress(ProgressStyle::kJson, file);
  const auto began = std::chrono::steady_clock::now();
  progress.begin("embed", 1000);
  for (int item = 0; item < 600; ++item) {
    progress.add();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  // On a busy machine the loop takes longer, and more may be said.
  const auto half_seconds =
      (std::chrono::steady_clock::now() - began) / std::chrono::milliseconds(500);
  std::rewind(file);
  std::string text(1 << 16, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  const auto lines = lines_of(text);
  CHECK(lines.size() >= 1);
  CHECK(lines.size() <= static_cast<size_t>(half_seconds) + 1);
  CHECK(parse_json(lines[0])->double_at("eta_s").value_or(0) > 0);
  progress.end();
  std::fclose(file);
}

TEST_CASE("progress styles have names") {
  CHECK(progress_style_from_name("json") == ProgressStyle::kJson);
  CHECK(progress_style_from_name("none") == ProgressStyle::kQuiet);
  CHECK_FALSE(progress_style_from_name("fancy"));
}

}  // namespace sightline
