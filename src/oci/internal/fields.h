// SPDX-License-Identifier: Apache-2.0
//
// Typed access to a foreign JSON object. A key that is absent or null gives an empty value, as Go's
// decoder does. A value of another type throws kCorrupt, naming the object and the key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/time.h"

namespace cairn::oci {

class Fields {
 public:
  Fields(const Json& object, std::string_view what);  // borrows both; kCorrupt when it is no object

  const Json* find(const char* key) const;  // null counts as absent
  std::string text(const char* key) const;
  std::string required_text(const char* key) const;
  std::int64_t integer(const char* key) const;
  std::optional<std::int64_t> find_integer(const char* key) const;
  bool flag(const char* key) const;
  std::optional<std::vector<std::string>> find_texts(const char* key) const;
  std::vector<std::string> texts(const char* key) const;
  std::map<std::string, std::string> text_map(const char* key) const;
  std::set<std::string> keys(const char* key) const;  // {"80/tcp": {}}
  std::optional<Timestamp> time(const char* key) const;
  // Throws kCorrupt for more than `limit` entries.
  const Json* find_array(const char* key, std::size_t limit) const;
  const Json* find_object(const char* key) const;

  [[noreturn]] void fail(const char* key, std::string_view expected) const;

 private:
  const Json& object_;
  std::string_view what_;
};

}  // namespace cairn::oci
