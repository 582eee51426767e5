#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>

namespace sightline {

// auto: a rewritten line on a terminal, plain lines elsewhere.
enum class ProgressStyle : uint8_t { kAuto, kTerminal, kPlain, kJson, kQuiet };

// "auto", "plain", "json" or "none" (also "quiet"), as --progress takes them.
std::optional<ProgressStyle> progress_style_from_name(const std::string& name);

struct ProgressSnapshot {
  std::string stage;
  uint64_t done = 0;
  uint64_t total = 0;  // 0 where it is not known
  double items_per_s = 0;
  std::optional<double> eta_s;
};

// "embed   1,200 / 20,000   6 %   84.1/s   3 min 44 s left": at most width_columns characters.
std::string render_progress_line(const ProgressSnapshot& snapshot, size_t width_columns = 100);
// {"stage","done","total","items_per_s","eta_s"}; eta_s is null while it is not known.
std::string render_progress_json(const ProgressSnapshot& snapshot);
// "12 s", "3 min 44 s", "2 h 05 min".
std::string render_duration(double seconds);

// Items per second over an exponential window: what happened kWindowS seconds ago weighs 1/e.
class RateWindow {
 public:
  static constexpr double kWindowS = 15;

  // done counts from 0 and never falls; now_s is any clock that never falls.
  void update(double now_s, uint64_t done);
  double items_per_s() const;

 private:
  bool started_ = false;
  double time_s_ = 0;
  uint64_t done_ = 0;
  double weighted_items_ = 0;
  double weighted_s_ = 0;
};

// Tells on stderr how far a long job is: one stage after another, at most twice a second and once
// more at the end of a stage. Thread-safe; add() is cheap enough for every item.
class Progress {
 public:
  explicit Progress(ProgressStyle style, std::FILE* output = stderr);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Ends the stage before, if there is one.
  void begin(const std::string& stage, uint64_t total = 0);
  void add(uint64_t count = 1);
  void set_total(uint64_t total);
  void end();

  // A line of its own that does not tear the rewritten one; {"note": ...} in JSON.
  void note(const std::string& line);

 private:
  using Clock = std::chrono::steady_clock;

  void report(Clock::time_point now, bool last);
  void end_stage();

  const ProgressStyle style_;
  std::FILE* const output_;
  std::mutex mutex_;
  bool active_ = false;
  bool line_open_ = false;
  ProgressSnapshot snapshot_;
  RateWindow rate_;
  Clock::time_point started_;
  Clock::time_point reported_;
};

}  // namespace sightline
