#include "indexer/commands/verify.h"

#include <cstdio>

#include "indexer/base/json.h"
#include "indexer/bundle/bundle_objects.h"
#include "native/bundle/object.h"

namespace sightline {
namespace {

constexpr int kVerificationFailed = 4;

struct Report {
  size_t object_count = 0;
  uint64_t byte_count = 0;
  std::vector<std::string> problems;
};

void check_objects(OpenedBundle& bundle, Report& report) {
  const auto objects = referenced_objects(bundle);
  if (!objects) {
    report.problems.push_back(objects.error().message);
    return;
  }
  for (const auto& [ref, owner] : *objects) {
    ++report.object_count;
    report.byte_count += ref.stored_bytes;
    const auto stored = bundle.fetch_stored(ref);
    if (!stored) {
      report.problems.push_back(owner + ": " + stored.error().message);
    } else if (const auto raw = unpack_object(ref, *stored); !raw) {
      report.problems.push_back(owner + ": " + raw.error().message);
    }
  }
}

void check_content(OpenedBundle& bundle, Report& report) {
  if (const auto loaded = bundle.load_index(); !loaded) {
    report.problems.push_back(loaded.error().message);
  }
  for (const auto need : {Need::kColumns, Need::kImageIds}) {
    if (const auto loaded = bundle.load(need); !loaded) {
      report.problems.push_back(loaded.error().message);
    }
  }
  if (const auto examples = bundle.examples(); !examples) {
    report.problems.push_back(examples.error().message);
  }
}

void print_report(const VerifyOptions& options, const Report& report) {
  if (options.json) {
    JsonValue::Array problems(report.problems.begin(), report.problems.end());
    const JsonValue answer{{"ok", report.problems.empty()},
                           {"objects", report.object_count},
                           {"bytes", report.byte_count},
                           {"problems", std::move(problems)}};
    std::printf("%s\n", dump_json(answer).c_str());
    return;
  }
  for (const auto& problem : report.problems) std::printf("%s\n", problem.c_str());
  std::printf("%s: %zu objects, %llu bytes, %zu problems%s\n", options.bundle.c_str(),
              report.object_count, static_cast<unsigned long long>(report.byte_count),
              report.problems.size(),
              report.problems.empty() ? "" : "; 'sightline build --full' writes it again");
}

}  // namespace

Result<int> run_verify(const VerifyOptions& options) {
  Report report;
  auto bundle = OpenedBundle::open(options.bundle);
  if (bundle) {
    check_objects(*bundle, report);
    if (report.problems.empty()) check_content(*bundle, report);
  } else if (bundle.error().code == ErrorCode::kCorrupt) {
    report.problems.push_back(bundle.error().message);
  } else {
    return std::move(bundle).error();
  }
  print_report(options, report);
  return report.problems.empty() ? 0 : kVerificationFailed;
}

}  // namespace sightline
