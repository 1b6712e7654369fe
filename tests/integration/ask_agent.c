// SPDX-License-Identifier: Apache-2.0
//
// Asks the SSH agent of SSH_AUTH_SOCK to remove its keys (19), for an extension (27), to list its
// keys (11) and to sign with the first (13), and prints the type of each answer: 5 is a refusal.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static unsigned char answer[70000];

static void send_all(int fd, const void* bytes, unsigned size) {
  if (write(fd, bytes, size) != (ssize_t)size) exit(7);
}

static unsigned ask(int fd, const void* body, unsigned size) {
  unsigned char length[4] = {0, 0, (unsigned char)(size >> 8), (unsigned char)size};
  unsigned have = 0, want = 4;
  send_all(fd, length, 4);
  send_all(fd, body, size);
  while (have < want) {
    ssize_t count = read(fd, answer + have, sizeof answer - have);
    if (count <= 0) exit(9);
    have += (unsigned)count;
    if (have >= 4) want = 4u + (unsigned)(answer[2] << 8 | answer[3]);
  }
  return answer[4];
}

int main(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  unsigned char request[4000] = {13};
  unsigned blob;
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  strncpy(address.sun_path, getenv("SSH_AUTH_SOCK"), sizeof address.sun_path - 1);
  if (connect(fd, (struct sockaddr*)&address, sizeof address) < 0) {
    perror("connect");
    return 8;
  }
  printf("remove %u\n", ask(fd, "\x13", 1));
  printf("extension %u\n", ask(fd, "\x1b\0\0\0\1x", 6));
  printf("list %u\n", ask(fd, "\x0b", 1));
  printf("keys %u\n", answer[8]);
  blob = 4u + (unsigned)(answer[11] << 8 | answer[12]);
  memcpy(request + 1, answer + 9, blob);
  memcpy(request + 1 + blob, "\0\0\0\1x\0\0\0\0", 9);
  printf("sign %u\n", ask(fd, request, 10 + blob));
  return 0;
}
