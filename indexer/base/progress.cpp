#include "indexer/base/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

#include "indexer/base/json.h"

namespace sightline {
namespace {

constexpr std::chrono::milliseconds kInterval{500};
constexpr std::chrono::seconds kPlainInterval{5};

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string with_separators(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string printed(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string render_rate(double items_per_s) {
  return printed(items_per_s < 10    ? "%.2f/s"
                 : items_per_s < 100 ? "%.1f/s"
                                     : "%.0f/s",
                 items_per_s);
}

bool is_live_terminal(std::FILE* output) {
  const char* terminal = std::getenv("TERM");
  return ::isatty(::fileno(output)) != 0 && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

ProgressStyle resolved(ProgressStyle style, std::FILE* output) {
  if (style != ProgressStyle::kAuto) return style;
  return is_live_terminal(output) ? ProgressStyle::kTerminal : ProgressStyle::kPlain;
}

size_t terminal_width(std::FILE* output) {
  winsize size = {};
  const bool known = ::ioctl(::fileno(output), TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1u : 79u;
}

}  // namespace

std::optional<ProgressStyle> progress_style_from_name(const std::string& name) {
  if (name == "auto") return ProgressStyle::kAuto;
  if (name == "plain") return ProgressStyle::kPlain;
  if (name == "json") return ProgressStyle::kJson;
  if (name == "none" || name == "quiet") return ProgressStyle::kQuiet;
  return std::nullopt;
}

std::string render_duration(double duration_s) {
  const auto whole = static_cast<uint64_t>(std::llround(std::clamp(duration_s, 0.0, 1e12)));
  char text[64];
  if (whole < 60) {
    std::snprintf(text, sizeof text, "%llu s", static_cast<unsigned long long>(whole));
  } else if (whole < 3600) {
    std::snprintf(text, sizeof text, "%llu min %02llu s",
                  static_cast<unsigned long long>(whole / 60),
                  static_cast<unsigned long long>(whole % 60));
  } else {
    std::snprintf(text, sizeof text, "%llu h %02llu min",
                  static_cast<unsigned long long>(whole / 3600),
                  static_cast<unsigned long long>(whole % 3600 / 60));
  }
  return text;
}

std::string render_progress_line(const ProgressSnapshot& snapshot, size_t width_columns) {
  std::string line = snapshot.stage + "  " + with_separators(snapshot.done);
  if (snapshot.total > 0) {
    const double share = static_cast<double>(snapshot.done) / static_cast<double>(snapshot.total);
    line += " / " + with_separators(snapshot.total) + "  " +
            printed("%.0f %%", std::floor(share * 100));
  }
  if (snapshot.items_per_s > 0) line += "  " + render_rate(snapshot.items_per_s);
  if (snapshot.eta_s) line += "  " + render_duration(*snapshot.eta_s) + " left";
  if (line.size() > width_columns) line.resize(width_columns);
  return line;
}

std::string render_progress_json(const ProgressSnapshot& snapshot) {
  const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
  std::optional<double> eta_s;
  if (snapshot.eta_s) eta_s = rounded(*snapshot.eta_s);
  return dump_json(JsonValue{{"stage", snapshot.stage},
                             {"done", snapshot.done},
                             {"total", snapshot.total},
                             {"items_per_s", rounded(snapshot.items_per_s)},
                             {"eta_s", eta_s}});
}

void RateWindow::update(double now_s, uint64_t done) {
  if (started_) {
    const double step_s = now_s - time_s_;
    const double kept = std::exp(-step_s / kWindowS);
    weighted_items_ = weighted_items_ * kept + static_cast<double>(done - done_);
    weighted_s_ = weighted_s_ * kept + step_s;
  }
  started_ = true;
  time_s_ = now_s;
  done_ = done;
}

double RateWindow::items_per_s() const {
  return weighted_s_ > 0 ? weighted_items_ / weighted_s_ : 0;
}

Progress::Progress(ProgressStyle style, std::FILE* output)
    : style_(resolved(style, output)), output_(output) {}

Progress::~Progress() { end(); }

void Progress::begin(const std::string& stage, uint64_t total) {
  const std::scoped_lock lock(mutex_);
  end_stage();
  active_ = true;
  snapshot_ = {stage, 0, total, 0, std::nullopt};
  rate_ = {};
  started_ = reported_ = Clock::now();
  rate_.update(0, 0);
}

void Progress::add(uint64_t count) {
  const std::scoped_lock lock(mutex_);
  snapshot_.done += count;
  const auto now = Clock::now();
  const Clock::duration interval =
      style_ == ProgressStyle::kPlain ? Clock::duration(kPlainInterval) : kInterval;
  if (active_ && style_ != ProgressStyle::kQuiet && now - reported_ >= interval) report(now, false);
}

void Progress::set_total(uint64_t total) {
  const std::scoped_lock lock(mutex_);
  snapshot_.total = total;
}

void Progress::end() {
  const std::scoped_lock lock(mutex_);
  end_stage();
}

void Progress::end_stage() {
  if (active_ && style_ != ProgressStyle::kQuiet) report(Clock::now(), true);
  active_ = false;
}

void Progress::report(Clock::time_point now, bool last) {
  reported_ = now;
  const double elapsed_s = seconds(now - started_);
  rate_.update(elapsed_s, snapshot_.done);
  const auto done = static_cast<double>(snapshot_.done);
  snapshot_.items_per_s = !last ? rate_.items_per_s() : elapsed_s > 0 ? done / elapsed_s : 0;
  snapshot_.eta_s.reset();
  if (last) {
    snapshot_.eta_s = 0;
  } else if (snapshot_.total >= snapshot_.done && snapshot_.total > 0 &&
             snapshot_.items_per_s > 0) {
    snapshot_.eta_s = static_cast<double>(snapshot_.total - snapshot_.done) / snapshot_.items_per_s;
  }

  if (style_ == ProgressStyle::kJson) {
    std::fprintf(output_, "%s\n", render_progress_json(snapshot_).c_str());
  } else {
    ProgressSnapshot shown = snapshot_;
    if (last) shown.eta_s.reset();
    const bool live = style_ == ProgressStyle::kTerminal;
    const std::string took = last ? "  in " + render_duration(elapsed_s) : "";
    const size_t width = live ? terminal_width(output_) : 200;
    const std::string line =
        render_progress_line(shown, width - std::min(width, took.size())) + took;
    std::fprintf(output_, "%s%s%s", live ? "\r\x1b[K" : "", line.c_str(),
                 live && !last ? "" : "\n");
    line_open_ = live && !last;
  }
  std::fflush(output_);
}

void Progress::note(const std::string& line) {
  if (style_ == ProgressStyle::kQuiet) return;
  const std::scoped_lock lock(mutex_);
  if (style_ == ProgressStyle::kJson) {
    std::fprintf(output_, "%s\n", dump_json(JsonValue{{"note", line}}).c_str());
  } else {
    std::fprintf(output_, "%s%s\n", line_open_ ? "\r\x1b[K" : "", line.c_str());
    line_open_ = false;
  }
  std::fflush(output_);
}

}  // namespace sightline
