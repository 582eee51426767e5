#pragma once

#include <cstdint>
#include <string>

#include "indexer/base/progress.h"
#include "indexer/net/http_client.h"
#include "native/base/result.h"

namespace sightline {

// A file to obtain. While it is incomplete it is called path.part; path itself is always whole.
struct WantedFile {
  std::string path;
  std::string label;   // for messages and progress
  uint64_t bytes = 0;  // 0 where it is not known
  std::string sha256;  // 64 hexadecimal digits, or empty to take any bytes
};

// Downloads a file and checks its hash; the value is its SHA-256 in hexadecimal digits.
//
// A broken connection and an answer of 408, 429 or 5xx are tried again from where the transfer
// ended, 3 times in a row without a new byte. What arrived stays for the next call, which goes on
// from there; a host that cannot serve parts, or parts that do not fit, start it again. A file
// without a known hash is never resumed: nothing would tell if it were joined from two versions.
// Errors: kCorrupt for other bytes than wanted (the part is removed); kTooLarge, kNotFound,
// kInvalidArgument for an address, kIo.
Result<std::string> download_file(HttpClient& client, const std::string& url,
                                  const WantedFile& wanted, Progress& progress);

// The same from a file of this machine.
Result<std::string> copy_wanted_file(const std::string& source, const WantedFile& wanted,
                                     Progress& progress);

}  // namespace sightline
