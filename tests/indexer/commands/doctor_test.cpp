#include "indexer/commands/doctor.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "indexer/base/json.h"

namespace sightline {

TEST_CASE("doctor names every library it uses and a remedy for whatever is not well") {
  const auto checks = diagnose();
  for (const char* name : {"onnxruntime", "zstd", "sqlite", "libcurl", "simd", "provider cuda",
                           "model", "detector", "cache"}) {
    INFO(name);
    CHECK(std::any_of(checks.begin(), checks.end(),
                      [&](const DoctorCheck& check) { return check.name == name; }));
  }
  for (const auto& check : checks) {
    INFO(check.name);
    CHECK_FALSE(check.detail.empty());
    CHECK((check.status == CheckStatus::kOk) == check.remedy.empty());
  }
}

TEST_CASE("a diagnosis says in words and in JSON whether a build can run") {
  std::vector<DoctorCheck> checks = {
      {"simd", CheckStatus::kOk, "avx2", ""},
      {"provider cuda", CheckStatus::kNote, "not found", "install it"}};
  CHECK(parse_json(render_diagnosis(checks, true))->bool_at("can_build") == true);
  CHECK_THAT(render_diagnosis(checks, false),
             Catch::Contains("-> install it") && Catch::Contains("can run here"));
  checks.push_back({"model", CheckStatus::kMissing, "none", "install one"});
  const auto document = parse_json(render_diagnosis(checks, true));
  REQUIRE(document);
  CHECK(document->bool_at("can_build") == false);
  CHECK(document->find("checks")->items()[2].string_at("status") == "missing");
  CHECK_THAT(render_diagnosis(checks, false), Catch::Contains("cannot run yet"));
}

}  // namespace sightline
