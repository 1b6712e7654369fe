// SPDX-License-Identifier: Apache-2.0
//
// Golden files: an input and what comes of it lie side by side in tests/data/ROOM. A test computes
// the expected side and compares. With CAIRN_TEST_ACCEPT=1 in the environment it writes the
// expected side instead and passes; `git diff` then shows what changed, and the reviewer reads it
// like code.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace cairn::test {

// An absolute path: "plan/multi_stage.plan" is a file of tests/data. The build defines where that
// is, so that a test runs from any directory.
inline std::filesystem::path data_path(const std::string& path) {
  return std::filesystem::path(CAIRN_TEST_DATA) / path;
}

// Throws for a file that cannot be read.
inline std::string read_data(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// The files of a directory of tests/data whose name ends so, in the order of their names. Throws if
// there is none: a loop over nothing would pass.
inline std::vector<std::filesystem::path> data_files(const std::string& directory,
                                                     const std::string& extension) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(data_path(directory))) {
    if (entry.path().extension() == extension) out.push_back(entry.path());
  }
  if (out.empty()) throw std::runtime_error("no " + extension + " in " + directory);
  std::sort(out.begin(), out.end());
  return out;
}

// The first line that is not as expected, with its number; "" for equal texts.
inline std::string first_difference(const std::string& expected, const std::string& actual) {
  if (expected == actual) return "";
  std::istringstream wanted(expected), got(actual);
  std::string wanted_line, got_line;
  for (int number = 1;; ++number) {
    bool has_wanted = !!std::getline(wanted, wanted_line);
    bool has_got = !!std::getline(got, got_line);
    if (has_wanted && has_got && wanted_line == got_line) continue;
    if (!has_wanted && !has_got) return "they differ in their last newline";
    return "line " + std::to_string(number) +
           "\n  expected: " + (has_wanted ? wanted_line : "(the end)") +
           "\n  actual:   " + (has_got ? got_line : "(the end)");
  }
}

// What is wrong with `actual`, beside the file that holds what is expected: "" when it is equal.
// Accepts it as the new expectation when CAIRN_TEST_ACCEPT=1 asks for that.
inline std::string golden_difference(const std::filesystem::path& expected,
                                     const std::string& actual) {
  const char* accept = std::getenv("CAIRN_TEST_ACCEPT");
  if (accept != nullptr && std::string(accept) == "1") {
    std::ofstream file(expected, std::ios::binary);
    if (!(file << actual << std::flush)) {
      throw std::runtime_error("cannot write " + expected.string());
    }
    return "";
  }
  if (!std::filesystem::exists(expected)) {
    return expected.string() + " is not there; CAIRN_TEST_ACCEPT=1 writes it";
  }
  std::string difference = first_difference(read_data(expected), actual);
  return difference.empty() ? "" : expected.string() + ": " + difference;
}

}  // namespace cairn::test
