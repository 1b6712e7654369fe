// SPDX-License-Identifier: Apache-2.0
//
// true: linked statically, so that running it is exec and exit, and no loader.
int main() {
  return 0;
}
