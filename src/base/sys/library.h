// SPDX-License-Identifier: Apache-2.0
//
// A shared library that is loaded when it is first needed. Loading libcurl or libarchive with their
// dependencies takes longer than a build that is all cached, and such a build needs neither.
#pragma once

namespace cairn::sys {

// Stays loaded until the process ends.
class Library {
 public:
  // Loads by soname. Throws kHost, naming the Debian package, when it cannot be loaded.
  Library(const char* soname, const char* package);

  // A function that the headers declare: library.function<decltype(&::name)>("name"). Throws kBug
  // when the library has none.
  template <typename Function>
  Function function(const char* name) const {
    return reinterpret_cast<Function>(address(name));
  }

 private:
  void* address(const char* name) const;

  void* handle_;
};

}  // namespace cairn::sys

// A struct member that holds such a function, with the name and type of the header. The parameter
// is a declared name, so it takes no parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define CAIRN_FUNCTION_OF(library, name) \
  decltype(&::name) name = (library).function<decltype(&::name)>(#name)
// NOLINTEND(bugprone-macro-parentheses)
