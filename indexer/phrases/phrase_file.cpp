#include "indexer/phrases/phrase_file.h"

#include <sstream>

#include "indexer/base/file_io.h"

namespace sightline {

Result<std::vector<std::string>> read_phrase_file(const std::string& option,
                                                  const std::string& path) {
  constexpr size_t kMaxBytes = size_t{64} << 20;
  constexpr size_t kMaxPhraseBytes = 1000;
  std::vector<std::string> phrases;
  if (path.empty()) return phrases;
  ASSIGN_OR_RETURN(const auto text, read_text_file(path, kMaxBytes));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > kMaxPhraseBytes) {
      return invalid_argument(option + " " + path + ": a line of " + std::to_string(line.size()) +
                              " bytes, at most " + std::to_string(kMaxPhraseBytes) +
                              "; give one phrase a line");
    }
    if (line.find_first_not_of(" \t\r") != std::string::npos) phrases.push_back(std::move(line));
  }
  return phrases;
}

}  // namespace sightline
