// SPDX-License-Identifier: Apache-2.0
//
// What is written to a name, whatever has that name already.
#include "base/sys/output_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/sys/process.h"
#include "base/sys/slow_end.h"
#include "base/sys/unix_socket.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using cairn::sys::OutputFile;
using cairn::test::TempTree;

namespace {

void put(const std::string& dest, std::string_view text, mode_t mode = 0600) {
  OutputFile(dest).write(mode, {}, text);
}

std::string refusal(const std::string& dest) {
  try {
    OutputFile file(dest);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.message();
  }
  return "";
}

}  // namespace

TEST_CASE("a regular file is replaced whole or not at all") {
  TempTree tree;
  tree.file("a.tar", "old");
  OutputFile file(tree.at("a.tar"));
  CHECK_THROWS_AS(file.write(0600, {},
                             [](ByteSink& out) {
                               out.write(as_bytes("half"));
                               throw Error(ErrorKind::kHost, "disk full");
                             }),
                  Error);
  CHECK(tree.text("a.tar") == "old");
  CHECK(sys::list_dir(tree.fd()).size() == 1);
  put(tree.at("a.tar"), "whole", 0640);
  CHECK(tree.text("a.tar") == "whole");
  CHECK((tree.stat("a.tar").st_mode & 07777) == 0640);
  CHECK(sys::list_dir(tree.fd()).size() == 1);
}

TEST_CASE("a symbolic link stays, and what it names is replaced where that lies") {
  TempTree tree;
  tree.dir("real");
  tree.file("real/target", "old");
  tree.symlink("link", "real/target");
  tree.symlink("again", "link");
  tree.symlink("dangling", tree.at("real/new"));
  put(tree.at("again"), "text");
  CHECK(tree.text("real/target") == "text");
  put(tree.at("dangling"), "made");
  CHECK(tree.text("real/new") == "made");
  for (const char* name : {"link", "again", "dangling"}) {
    CHECK(S_ISLNK(sys::stat_at(tree.fd(), name).st_mode));
  }
  tree.symlink("loop", "loop");
  CHECK(refusal(tree.at("loop")).find("symbolic links") != std::string::npos);
}

TEST_CASE("a FIFO waits for its reader, and a socket and a device are written into") {
  TempTree tree;
  REQUIRE(::mkfifo(tree.at("fifo").c_str(), 0600) == 0);
  std::string read;
  std::thread reader([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    read = sys::read_file(tree.at("fifo"));
  });
  std::string text(1 << 20, 'x');
  put(tree.at("fifo"), text);
  reader.join();
  CHECK(read == text);
  CHECK(S_ISFIFO(tree.stat("fifo").st_mode));

  sys::Fd listener = sys::listen_unix(tree.at("socket"));
  std::thread server([&] { read = sys::read_all(*sys::accept_unix(listener)); });
  put(tree.at("socket"), "through");
  server.join();
  CHECK(read == "through");

  if (::mknod(tree.at("null").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0) {
    put(tree.at("null"), "gone");
    CHECK(S_ISCHR(tree.stat("null").st_mode));
  }
}

TEST_CASE("a stop ends the wait for a reader, and the wait of one who reads too little") {
  TempTree tree;
  REQUIRE(::mkfifo(tree.at("fifo").c_str(), 0600) == 0);
  for (bool has_reader : {false, true}) {
    std::stop_source stop;
    sys::Fd reader;
    if (has_reader) reader = sys::open_path(tree.at("fifo"), O_RDONLY | O_NONBLOCK);
    std::thread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      stop.request_stop();
    });
    try {
      OutputFile(tree.at("fifo")).write(0600, stop.get_token(), std::string(1 << 20, 'x'));
      FAIL("written");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kCancelled);
    }
    later.join();
  }
}

TEST_CASE("a descriptor that the caller gave is written at its offset") {
  TempTree tree;
  int fd = ::open(tree.at("log").c_str(), O_RDWR | O_CREAT, 0600);  // as a shell gives it
  REQUIRE(::write(fd, "first ", 6) == 6);
  put(fmt::format("/dev/fd/{}", fd), "second ");
  put(fmt::format("/proc/self/fd/{}", fd), "third");
  tree.symlink("link", fmt::format("/proc/self/fd/{}", fd));
  put(tree.at("link"), " fourth");
  CHECK(tree.text("log") == "first second third fourth");
  // Descriptors of ours are none of the user's business, nor are those that cannot be written.
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  CHECK(refusal(fmt::format("/dev/fd/{}", fd)).find("not open") != std::string::npos);
  ::close(fd);
  fd = ::open(tree.at("log").c_str(), O_RDONLY);
  CHECK(refusal(fmt::format("/dev/fd/{}", fd)).find("reading only") != std::string::npos);
  ::close(fd);
  CHECK(refusal("/dev/fd/999").find("not open") != std::string::npos);
  CHECK(OutputFile("-").is_stdout());
  CHECK(OutputFile("/dev/stdout").is_stdout());
  CHECK(OutputFile("/dev/fd/1").is_stdout());
  CHECK(!OutputFile(tree.at("log")).is_stdout());
}

TEST_CASE("nothing stale stays behind what is written to a file by a descriptor's name") {
  TempTree tree;
  tree.file("file", "a long text of an earlier run");
  int fd = ::open(tree.at("file").c_str(), O_RDWR);  // `3<>file` of a shell
  put(fmt::format("/dev/fd/{}", fd), "short");
  CHECK(tree.text("file") == "short");
  ::close(fd);
  fd = ::open(tree.at("file").c_str(), O_WRONLY | O_APPEND);
  put(fmt::format("/dev/fd/{}", fd), " more");
  CHECK(tree.text("file") == "short more");
  ::close(fd);

  // By the number of another process.
  sys::Pipe pipe = sys::make_pipe();
  fd = ::open(tree.at("file").c_str(), O_WRONLY);
  pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    pipe.write_end.reset();
    char byte = 0;
    [[maybe_unused]] ssize_t end = ::read(pipe.read_end.get(), &byte, 1);
    ::_exit(0);
  }
  put(fmt::format("/proc/{}/fd/{}", child, fd), "new");
  pipe.write_end.reset();
  ::waitpid(child, nullptr, 0);
  ::close(fd);
  CHECK(tree.text("file") == "new");
}

TEST_CASE("what cannot be written is refused before anything is made") {
  TempTree tree;
  tree.dir("there");
  CHECK(refusal(tree.at("there")).find("is a directory") != std::string::npos);
  CHECK(refusal(tree.at("there/")).find("is a directory") != std::string::npos);
  CHECK(refusal("/nowhere/at/all/a.tar").find("/nowhere/at/all") != std::string::npos);
  tree.file("file", "x");
  CHECK_THROWS_AS(sys::check_output_directory(tree.at("file/below")), Error);
  CHECK_THROWS_AS(sys::check_output_directory("/dev/null"), Error);
  sys::check_output_directory(tree.at("there/new/one"));
}

TEST_CASE("what an earlier run left is removed, and nothing but a regular file") {
  TempTree tree;
  tree.file("old", "sha256:1");
  tree.symlink("link", "old");
  OutputFile(tree.at("link"), sys::Dash::kFile).remove_old();
  CHECK(!sys::exists(tree.at("old")));
  CHECK(S_ISLNK(sys::stat_at(tree.fd(), "link").st_mode));
  OutputFile(tree.at("link"), sys::Dash::kFile).remove_old();  // nothing there is no error
  REQUIRE(::mkfifo(tree.at("fifo").c_str(), 0600) == 0);
  OutputFile(tree.at("fifo"), sys::Dash::kFile).remove_old();
  CHECK(S_ISFIFO(tree.stat("fifo").st_mode));
}

TEST_CASE("what is read may say nothing, and a stop ends the wait") {
  TempTree tree;
  REQUIRE(::mkfifo(tree.at("fifo").c_str(), 0600) == 0);
  std::stop_source stop;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop.request_stop();
  });
  CHECK_THROWS_AS(sys::find_file(tree.at("fifo"), 100, stop.get_token()), Error);
  later.join();
  std::thread writer([&] { sys::write_all(sys::open_path(tree.at("fifo"), O_WRONLY), "text"); });
  CHECK(sys::find_file(tree.at("fifo"), 100, {}) == "text");
  writer.join();
  CHECK(!sys::find_file(tree.at("none"), 100, {}));
  sys::Pipe pipe = sys::make_pipe();
  sys::write_all(pipe.write_end, "piped");
  pipe.write_end.reset();
  sys::SlowInput in(std::move(pipe.read_end), {});
  CHECK(sys::read_all(in.fd()) == "piped");
}

TEST_CASE("one file is the same by all of its names, and a device is no file") {
  TempTree tree;
  tree.file("dir/file", "x");
  tree.symlink("way", "dir");
  tree.symlink("link", "way/new");
  REQUIRE(::link(tree.at("dir/file").c_str(), tree.at("dir/other").c_str()) == 0);
  REQUIRE(::mkfifo(tree.at("fifo").c_str(), 0600) == 0);
  auto are_same = [&](const std::string& one, const std::string& other) {
    return OutputFile(one).id().is_same(OutputFile(other).id());
  };
  CHECK(are_same(tree.at("dir/file"), tree.at("way/../way//file")));
  CHECK(are_same(tree.at("dir/file"), tree.at("dir/other")));
  CHECK(are_same(tree.at("dir/new"), tree.at("link")));
  CHECK(are_same(tree.at("fifo"), tree.at("./fifo")));
  CHECK(!are_same(tree.at("dir/file"), tree.at("dir/new")));
  CHECK(!are_same(tree.at("dir/new"), tree.at("new")));
  CHECK(!are_same("/dev/null", "/dev/null"));
  int fd = ::open(tree.at("dir/file").c_str(), O_WRONLY);  // as a shell gives it
  std::string descriptor = fmt::format("/dev/fd/{}", fd);
  CHECK(are_same(descriptor, tree.at("way/file")));
  CHECK(are_same(descriptor, descriptor));
  ::close(fd);
}

TEST_CASE("a directory that an output makes is a name that no file may have") {
  TempTree tree;
  tree.dir("there");
  auto takes = [&](const std::string& directory, const std::string& file) {
    return sys::missing_directory(tree.at(directory)).is_same(OutputFile(tree.at(file)).id());
  };
  CHECK(takes("new", "new"));
  CHECK(takes("there/../new/below/", "new"));
  CHECK(takes("there/new/./", "there/new"));
  CHECK(!takes("there", "there/new"));
  CHECK(!takes("new/below", "below"));
  CHECK(!takes("there/new", "new"));
}
