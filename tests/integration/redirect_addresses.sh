#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Where servers may lead: from the public network to no other, and from nowhere to link-local addresses,
# whatever a name stands for by then. In a network and with names of its own; no packet leaves it.
own_addresses=yes
. "$(dirname "$0")/lib.sh"
base_image
start_redirecting_server

# follow FROM TO: ADD of a file at FROM that redirects to TO.
follow() {
  : >"$seen"
  printf 'FROM base\nADD http://%s:%s/to/%s:%s/file?%s /x\n' "$1" "$port" "$2" "$port" "$RANDOM" >Dockerfile
  cairn build . >"$out" 2>"$err"
}
refuses() {
  ! follow "$1" "$2" || fail "$1 leads to $2"
  contains "$err" "may not lead to"
  lacks "$seen" " /file"
}
allows() {
  follow "$1" "$2" || { cat "$err"; fail "$1 does not lead to $2"; }
  contains "$seen" " /file"
}
for to in 127.0.0.1 localhost 10.9.8.7 private.example 169.254.169.254 metadata.example 192.0.0.192 \
  '[fd12::1]' ula.example '[::1]' '[::ffff:10.9.8.7]' '[64:ff9b::a9fe:a9fe]'; do
  refuses public.example "$to"
done
for from in 127.0.0.1 private.example; do
  for to in 169.254.169.254 metadata.example '[fd00:ec2::254]' '[::ffff:169.254.169.254]' 192.0.0.192 \
    '[64:ff9b::a9fe:a9fe]'; do
    refuses "$from" "$to"
  done
done
allows public.example 203.0.113.5
allows private.example 10.9.8.7
allows 127.0.0.1 private.example
allows private.example '[fd12::1]'
