#include "indexer/phrases/phrase_list.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "indexer/base/file_io.h"
#include "native/clip/phrase_text.h"

namespace sightline {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxListBytes = size_t{16} << 20;
constexpr size_t kMaxEntryBytes = 200;
constexpr std::string_view kSuffix = ".txt";

// share/sightline/phrases beside the program's bin folder, else the folder of the source tree.
fs::path list_folder() {
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  const fs::path shared = program.parent_path().parent_path() / "share/sightline/phrases";
  if (!failed && fs::is_directory(shared, failed)) return shared;
  return SIGHTLINE_SOURCE_DIR "/indexer/phrases/lists";
}

bool ends_in_consonant_and_y(std::string_view noun) {
  return noun.size() > 1 && noun.ends_with('y') &&
         std::string_view("aeiou").find(noun[noun.size() - 2]) == std::string_view::npos;
}

std::string regular_plural(const std::string& noun) {
  if (noun == "person") return "people";
  if (noun == "man" || noun == "woman") return noun.substr(0, noun.size() - 2) + "en";
  if (noun == "child") return "children";
  if (ends_in_consonant_and_y(noun)) return noun.substr(0, noun.size() - 1) + "ies";
  const bool hisses =
      noun.ends_with('s') || noun.ends_with('x') || noun.ends_with("ch") || noun.ends_with("sh");
  return noun + (hisses ? "es" : "s");
}

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") + 1 - first));
}

Noun parse_noun(std::string_view entry) {
  const size_t bar = entry.find('|');
  const std::string name = normalize_phrase(entry.substr(0, bar));
  if (bar == std::string_view::npos) return {name, regular_plural(name)};
  return {name, normalize_phrase(entry.substr(bar + 1))};
}

// Calls visit(name, entries, whether they must be there) for every section.
template <class List, class Visit>
void for_each_section(List& list, Visit&& visit) {
  visit("things", list.things, true);
  visit("colours", list.colours, true);
  visit("conditions", list.conditions, true);
  visit("places", list.places, true);
  visit("activities", list.activities, false);
  visit("words", list.words, false);
  visit("adjectives", list.adjectives, false);
  visit("scenes", list.scenes, false);
  visit("templates", list.templates, false);
  visit("relations", list.relations, false);
  visit("uncoloured", list.uncoloured, false);
  visit("query things", list.query_things, false);
  visit("query colours", list.query_colours, false);
  visit("query conditions", list.query_conditions, false);
  visit("query places", list.query_places, false);
}

void add_entry(std::string_view entry, std::vector<Noun>& nouns) {
  nouns.push_back(parse_noun(entry));
}
void add_entry(std::string_view entry, std::vector<std::string>& texts) {
  texts.push_back(normalize_phrase(entry));
}

const std::string& text_of(const Noun& noun) { return noun.name; }
const std::string& text_of(const std::string& text) { return text; }

// Adds an entry to the section of that name; what is wrong, or nothing.
std::string add_to_section(std::string_view section, std::string_view entry, PhraseList& list) {
  std::string problem;
  for_each_section(list, [&](std::string_view name, auto& entries, bool) {
    if (name != section) return;
    add_entry(entry, entries);
    const auto& added = text_of(entries.back());
    const auto same = [&](const auto& other) { return text_of(other) == added; };
    if (added.empty()) problem = "an entry without a word";
    if (std::any_of(entries.begin(), entries.end() - 1, same)) {
      problem = "'" + added + "' is in this section already";
    }
  });
  return problem;
}

std::string known_sections() {
  PhraseList list;
  std::string names;
  for_each_section(list, [&](const std::string& name, auto&, bool) {
    names += (names.empty() ? "" : ", ") + name;
  });
  return names;
}

}  // namespace

std::string Noun::with_article() const {
  if (plural.empty()) return name;
  const bool vowel = std::string_view("aeiou").find(name.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + name;
}

Noun PhraseList::noun(const std::string& name) const {
  const auto known = std::ranges::find(things, name, &Noun::name);
  return known != things.end() ? *known : Noun{name, regular_plural(name)};
}

bool PhraseList::takes_colours(const std::string& name) const {
  return std::ranges::find(uncoloured, name) == uncoloured.end();
}

std::vector<std::string> phrase_list_names() {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(list_folder(), failed)) {
    if (entry.path().extension() == kSuffix) names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<PhraseList> open_phrase_list(const std::string& name_or_path) {
  const auto names = phrase_list_names();
  const bool is_name = std::ranges::find(names, name_or_path) != names.end();
  std::error_code failed;
  if (!is_name && !fs::is_regular_file(name_or_path, failed)) {
    std::string known;
    for (const auto& name : names) known += name + ", ";
    return not_found("there is no phrase list '" + name_or_path + "'; give one of " + known +
                     "or a file");
  }
  const std::string path =
      is_name ? (list_folder() / (name_or_path + std::string(kSuffix))).string() : name_or_path;
  ASSIGN_OR_RETURN(const auto text, read_text_file(path, kMaxListBytes));
  return parse_phrase_list(path, text);
}

Result<PhraseList> parse_phrase_list(const std::string& path, std::string_view text) {
  PhraseList list;
  list.digest = sha256(as_bytes(text));
  const std::string sections = known_sections();
  std::string section;
  std::istringstream lines{std::string(text)};
  size_t number = 0;
  const auto wrong = [&](const std::string& what) {
    return invalid_argument(path + ", line " + std::to_string(number) + ": " + what);
  };
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::string entry = trimmed(std::string_view(line).substr(0, line.find('#')));
    if (entry.empty()) continue;
    if (entry.size() > kMaxEntryBytes) {
      return wrong("an entry of " + std::to_string(entry.size()) + " bytes, at most " +
                   std::to_string(kMaxEntryBytes));
    }
    if (entry.ends_with(':')) {
      section = entry.substr(0, entry.size() - 1);
      if ((", " + sections + ",").find(", " + section + ",") == std::string::npos) {
        return wrong("there is no section '" + section + "'; expected one of " + sections);
      }
      continue;
    }
    if (section.empty()) return wrong("an entry before the first section, such as 'things:'");
    if (const auto problem = add_to_section(section, entry, list); !problem.empty()) {
      return wrong(problem);
    }
  }
  std::string missing;
  for_each_section(list, [&](const std::string& name, auto& entries, bool is_required) {
    if (is_required && entries.empty()) missing = name;
  });
  if (!missing.empty()) {
    return invalid_argument(path + ": there is no entry in section '" + missing + ":'");
  }
  const auto inherit = [](auto& own, const auto& general) {
    if (own.empty()) own = general;
  };
  inherit(list.query_things, list.things);
  inherit(list.query_colours, list.colours);
  inherit(list.query_conditions, list.conditions);
  inherit(list.query_places, list.places);
  return list;
}

}  // namespace sightline
