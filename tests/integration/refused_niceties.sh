#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a step can be without, and a filter around us refuses, costs one note per build and no failure: the
# host name, /dev/mqueue and its siblings, the loopback interface, a limit above what is allowed.
. "$(dirname "$0")/lib.sh"
have python3
base_image
# refusing NUMBER COMMAND...: seccomp answers EPERM to this system call.
cat >"$scratch/refusing.py" <<'END'
import ctypes, os, struct, sys
code = b"".join(struct.pack("<HBBI", *i) for i in [
    (0x20, 0, 0, 0), (0x15, 0, 1, int(sys.argv[1])), (6, 0, 0, 0x50001), (6, 0, 0, 0x7fff0000)])
memory = ctypes.create_string_buffer(code)
program = ctypes.create_string_buffer(struct.pack("@HP", 4, ctypes.addressof(memory)))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(22, 2, program, 0, 0) < 0: raise OSError(ctypes.get_errno(), "no filter")
os.execvp(sys.argv[2], sys.argv[2:])
END
refusing() { python3 "$scratch/refusing.py" "$@"; }
case $(uname -m) in
  x86_64) sethostname=170 setrlimit=160 ;;
  *) skip "the numbers of system calls are those of x86-64" ;;
esac
printf 'FROM base\nRUN echo one\nRUN echo two\nRUN echo three >/x; touch -d @1000000000 /x\n' >Dockerfile
succeeds refusing $sethostname "$CAIRN" build --no-cache --progress=plain -t named .
same "$(grep -c "set the host name buildkitsandbox: Operation not permitted; steps see the name of this host" "$err")" 1 "one note"
plain=$(layers named)
succeeds cairn build --no-cache --progress=plain -t named .
lacks "$err" "host name"
same "$(layers named)" "$plain" "the layers with and without"
succeeds refusing $sethostname "$CAIRN" run named true
contains "$err" "steps see the name of this host"

# A limit that cannot be had becomes the nearest.
(
  ulimit -Sn 400 && ulimit -Hn 500
  printf 'FROM base\nRUN ulimit -Hn >/limit\n' >Dockerfile
  # Real root may raise it; without the right it may not.
  succeeds setpriv --bounding-set=-sys_resource "$CAIRN" build --no-cache --progress=plain --ulimit nofile=1000:2000 -t limited .
  contains "$err" "limit nofile to 1000:2000 (at most 500 is allowed here)"
  same "$(cairn run limited cat /limit)" 500 "the nearest limit"
)
