// SPDX-License-Identifier: Apache-2.0
//
// Whole plans, where the other tests of this room look at one field each: for every
// tests/data/plan/NAME.Dockerfile, NAME.plan has what it becomes. A first line "# given:" holds
// options of the command line.
#include <doctest/doctest.h>

#include <sstream>

#include "tests/support/golden.h"
#include "tests/support/print_plan.h"
#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

// "K=V" as a pair.
std::pair<std::string, std::string> key_and_value(const std::string& text) {
  std::size_t equals = text.find('=');
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void apply_option(BuildOptions& options, const std::string& name, const std::string& value) {
  if (name == "--target") {
    options.target = value;
  } else if (name == "--platform") {
    options.platform = oci::Platform::parse(value);
  } else if (name == "--build-arg") {
    options.build_args.insert(key_and_value(value));
  } else if (name == "--label") {
    options.labels.push_back(key_and_value(value));
  } else if (name == "--build-context") {
    auto [context, address] = key_and_value(value);
    options.contexts.emplace(context_key(context), parse_named_context(address));
  } else if (name == "--no-cache-filter") {
    options.no_cache_filter.insert(value);
  } else {
    throw std::runtime_error("the test knows no option " + name);
  }
}

void apply_first_line(BuildOptions& options, const std::string& text) {
  const std::string start = "# given:";
  if (!text.starts_with(start)) return;
  std::istringstream words(text.substr(start.size(), text.find('\n') - start.size()));
  std::string name, value;
  while (words >> name >> value) apply_option(options, name, value);
}

}  // namespace

TEST_CASE("a Dockerfile becomes the plan that lies beside it") {
  for (const auto& file : test::data_files("plan", ".Dockerfile")) {
    CAPTURE(file.filename().string());
    PlanTest t;
    t.images.add("golang:1.22").env = {"PATH=/usr/local/go/bin:/bin"};
    std::string text = test::read_data(file);
    apply_first_line(t.options, text);
    auto expected = std::filesystem::path(file).replace_extension(".plan");
    CHECK(test::golden_difference(expected, test::print_plan(t.plan(text))) == "");
  }
}
