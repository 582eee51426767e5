#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "native/base/result.h"

namespace sightline {

struct DoctorOptions {
  bool json = false;
};

// kNote: the main job runs, but something useful is not there. kMissing: it cannot run.
enum class CheckStatus : uint8_t { kOk, kNote, kMissing };

struct DoctorCheck {
  std::string name;
  CheckStatus status = CheckStatus::kOk;
  std::string detail;
  std::string remedy;  // what to install or do; empty where all is well
};

// Tries what `sightline build` needs on this machine: the libraries, the execution providers and
// the default models by really loading them, and the space in the cache folder.
std::vector<DoctorCheck> diagnose();

// The text or the JSON document that `sightline doctor` prints.
std::string render_diagnosis(const std::vector<DoctorCheck>& checks, bool as_json);

// Prints the diagnosis on stdout. 0 where the main job can run, 1 where it cannot.
Result<int> run_doctor(const DoctorOptions& options);

}  // namespace sightline
