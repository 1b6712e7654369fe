#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/test names each test that failed, and where, before its last line, which counts them. The tools that it
# calls are stand-ins, so that nothing is built.
. "$(dirname "$0")/lib.sh"
have jq
cp -r "$public/scripts" .
mkdir bin
# meson test writes the results of the build directory, unless it dies: the suite of the sanitisers does below.
cat >bin/meson <<'END'
#!/bin/bash
[ "$1" = test ] || exit 0
[ -e "$3/results" ] || exit 1
mkdir -p "$3/meson-logs" && cp "$3/results" "$3/meson-logs/testlog.json"
END
for name in useradd userdel pkill; do printf '#!/bin/sh\n' >bin/$name; done
for name in deps tidy; do printf '#!/bin/sh\n' >scripts/$name; done
printf '#!/bin/sh\nexit 1\n' >scripts/fuzz
chmod +x bin/* scripts/{deps,tidy,fuzz}
mkdir -p build build-sanitize/meson-logs
for result in "unit / dockerfile:OK" "unit / store:FAIL" "integration / prune_as_user:TIMEOUT" "rooms / format:SKIP"; do
  printf '{"name": "cairn:%s", "result": "%s", "stdout": "failed: x"}\n' "${result%:*}" "${result#*:}"
done >build/results
cp build/results build-sanitize/meson-logs/testlog.json  # of another time
report() { PATH=$PWD/bin:$PATH scripts/test; }

CI=false expect_exit 1 report
same "$(cat "$out")" "failed: unit_store (build)
failed: integration_prune_as_user (build)
1 passed, 2 failed, 1 skipped"
CI=true expect_exit 1 report
same "$(cat "$out")" "failed: unit_store (build)
failed: integration_prune_as_user (build)
failed: meson test (build-sanitize)
failed: fuzz
2 passed, 4 failed, 1 skipped"

# Nothing failed: one line.
sed -i '/FAIL\|TIMEOUT/d' build/results
CI=false succeeds report
same "$(cat "$out")" "1 passed, 0 failed, 1 skipped"
