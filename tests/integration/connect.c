// SPDX-License-Identifier: Apache-2.0
//
// connect @NAME | ADDRESS PORT: what an attacker in a step asks for, an abstract socket or a port. Prints
// "reached" or why not. With "listen @NAME" before it, that socket is made first.
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t abstract(struct sockaddr_un* address, const char* name) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  strncpy(address->sun_path + 1, name + 1, sizeof address->sun_path - 2);
  return offsetof(struct sockaddr_un, sun_path) + strlen(name);
}

int main(int argc, char** argv) {
  struct sockaddr_un local;
  if (argc > 3 && strcmp(argv[1], "listen") == 0) {
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (void*)&local, abstract(&local, argv[2])) != 0 || listen(listener, 1) != 0)
      return perror("listen"), 2;
    argv += 2;
  }
  if (argc < 2) return 2;
  int code;
  if (argv[1][0] == '@') {
    code = connect(socket(AF_UNIX, SOCK_STREAM, 0), (void*)&local, abstract(&local, argv[1]));
  } else {
    struct sockaddr_in remote = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    inet_pton(AF_INET, argv[1], &remote.sin_addr);
    struct timeval patience = {.tv_sec = 2};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    code = connect(s, (void*)&remote, sizeof remote);
  }
  puts(code == 0 ? "reached" : "shut");
  return 0;
}
