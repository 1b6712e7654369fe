// SPDX-License-Identifier: Apache-2.0
//
// A shared library that is loaded when it is first needed. Loading libcurl or libarchive with all
// they stand on takes longer than a build that finds nothing to do, and such a build needs neither.
#pragma once

namespace cairn::sys {

// Stays loaded until the process ends.
class Library {
 public:
  // By soname. Throws kHost, naming the Debian package, when it cannot be loaded.
  Library(const char* soname, const char* package);

  // A function of its headers: Library::function<decltype(&::name)>("name"). kBug when it has none.
  template <typename Function>
  Function function(const char* name) const {
    return reinterpret_cast<Function>(address(name));
  }

 private:
  void* address(const char* name) const;

  void* handle_;
};

}  // namespace cairn::sys

// A member of a struct of such functions, with the name and the type that the headers give it. A
// name that is declared takes no parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define CAIRN_FUNCTION_OF(library, name) \
  decltype(&::name) name = (library).function<decltype(&::name)>(#name)
// NOLINTEND(bugprone-macro-parentheses)
