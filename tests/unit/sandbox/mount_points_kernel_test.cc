// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>

#include "kernel_support.h"
#include "overlay/upper_marks.h"
#include "sandbox/mount_points.h"

using namespace cairn;
using namespace cairn::sandbox;
using namespace cairn::sandbox::test;

namespace {

constexpr UpperMarks kMarks{.is_copied_up = overlay::is_copied_up, .is_mark = overlay::is_mark};

// A busybox image as the lower side of an overlay, with a fresh upper for one step.
class Layer {
 public:
  explicit Layer(const BusyboxRoot& image) : image_(image), dir_("/tmp", "cairn-sandbox-test-") {
    sys::Fd dir = sys::open_path(dir_.path(), O_RDONLY | O_DIRECTORY);
    for (const char* name : {"upper", "work"}) sys::make_dir_at(dir, name, 0755);
    upper_ = sys::open_at(dir, "upper", O_RDONLY | O_DIRECTORY);
  }

  // Runs `script` with an /etc/hosts, a cache below two missing directories, and a secret in /run.
  Result run_step(const std::string& script) {
    SandboxSpec spec = shell(script);
    spec.mounts = {{.target = "/etc/hosts"},
                   {.target = "/var/cache/deep", .kind = MountKind::kTmpfs, .read_only = false},
                   {.target = "/bin/tool"}};
    StepFds fds;
    fds.mounts.push_back(sys::open_path("/etc/hostname", O_PATH));
    sys::MountTree tree = overlay();
    make_mount_points(sys::RootDir(sys::open_at(tree.fd(), ".", O_RDONLY)), spec, fds);
    StubPicture stubs = picture_stubs(upper_, kMarks);
    Result result = run(spec, std::move(tree), std::move(fds.mounts));
    remove_stubs(upper_, stubs, kMarks);
    return result;
  }

  // What the layer would hold: all paths of the upperdir, sorted.
  std::vector<std::string> changes() const {
    std::vector<std::string> paths;
    collect(upper_, "", paths);
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  const sys::Fd& upper() const { return upper_; }

 private:
  sys::MountTree overlay() const {
    sys::MountOptions options{{"lowerdir", image_.path()},
                              {"upperdir", dir_.path() + "/upper"},
                              {"workdir", dir_.path() + "/work"}};
    if (builder->identity != Identity::kI0) options.emplace_back("userxattr", "");
    return sys::new_filesystem("overlay", options);
  }

  static void collect(const sys::Fd& dir, const std::string& prefix,
                      std::vector<std::string>& paths) {
    for (const sys::DirEntry& entry : sys::list_dir(dir)) {
      paths.push_back(prefix + entry.name);
      if (entry.type != DT_DIR) continue;
      collect(sys::open_at(dir, entry.name.c_str(), O_RDONLY | O_DIRECTORY), paths.back() + "/",
              paths);
    }
  }

  const BusyboxRoot& image_;
  sys::TempDir dir_;
  sys::Fd upper_;
};

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("a step that changes nothing leaves an empty upperdir, whatever was mounted") {
  BusyboxRoot image;
  Layer layer(image);
  CHECK(layer.run_step("[ -s /etc/hosts ] && [ -d /var/cache/deep ] && [ -s /bin/tool ]")
            .status.ok());
  CHECK(layer.changes() == Paths{});
}

TEST_CASE("/dev, /proc and /sys stay where an image has none, as runc leaves them") {  // U03
  BusyboxRoot image;
  for (const char* name : {"dev", "proc", "sys"}) sys::remove_dir_at(image.fd(), name);
  Layer layer(image);
  CHECK(layer.run_step("true").status.ok());
  CHECK(layer.changes() == Paths{"dev", "proc", "sys"});
}

TEST_CASE("what the step made beside a mount point stays, and the mount point goes") {
  BusyboxRoot image;
  Layer layer(image);
  CHECK(layer.run_step("echo x >/etc/motd; mkdir /var/lib").status.ok());
  CHECK(layer.changes() == Paths{"etc", "etc/motd", "var", "var/lib"});
}

TEST_CASE("what the step wrote into a mount is not in the layer") {
  BusyboxRoot image;
  Layer layer(image);
  CHECK(layer.run_step("echo x >/var/cache/deep/file").status.ok());
  CHECK(layer.changes() == Paths{});
}

TEST_CASE("a directory that the step chmod-ed stays, though a mount point brought it up") {
  BusyboxRoot image;
  Layer layer(image);
  CHECK(layer.run_step("busybox chmod 700 /etc").status.ok());
  CHECK(layer.changes() == Paths{"etc"});
  CHECK((sys::stat_at(layer.upper(), "etc").st_mode & 07777) == 0700);
}

TEST_CASE("a mount point that was made goes while it is empty, whatever the step did to it") {
  BusyboxRoot image;  // U03 ⚠31
  Layer layer(image);
  CHECK(layer.run_step("touch /var/x /var/cache/y; rm /var/x /var/cache/y; busybox chmod 700 /var")
            .status.ok());
  CHECK(layer.changes() == Paths{});
}

TEST_CASE("a deletion beside a mount point stays a whiteout") {
  BusyboxRoot image;
  image.write("etc/issue", "hello\n");
  Layer layer(image);
  CHECK(layer.run_step("rm /etc/issue").status.ok());
  CHECK(layer.changes() == Paths{"etc", "etc/issue"});
  CHECK(S_ISCHR(sys::stat_at(layer.upper(), "etc/issue").st_mode));
}

TEST_CASE("the time of a directory does not tell of the mount points that were in it") {
  BusyboxRoot image;
  sys::set_times_at(image.fd(), "etc", {.tv_sec = 1000, .tv_nsec = 0},
                    {.tv_sec = 1000, .tv_nsec = 7});
  Layer layer(image);
  // A step that changes the mode alone keeps the time of the image.
  CHECK(layer.run_step("stat -c %Y /etc; busybox chmod 711 /etc").output == "1000\n");
  struct stat etc = sys::stat_at(layer.upper(), "etc");
  CHECK(etc.st_mtim.tv_sec == 1000);
  CHECK(etc.st_mtim.tv_nsec == 7);
}

TEST_CASE("a parent replaced by a symlink leads the removal nowhere") {
  BusyboxRoot image, victim;
  sys::make_dir_at(victim.fd(), "cache", 0755);
  sys::make_dir_at(victim.fd(), "cache/deep", 0755);
  Layer layer(image);
  // The busy mount point cannot be removed, but its parent can be moved away.
  layer.run_step("busybox mv /var /var.old; busybox ln -s " + victim.path() + " /var; exit 0");
  CHECK(sys::exists(victim.path() + "/cache/deep"));
  CHECK(S_ISLNK(sys::stat_at(layer.upper(), "var").st_mode));
}

TEST_CASE("an empty file of the image that serves as a mount point stays") {
  BusyboxRoot image;
  image.write("etc/hosts", "");
  Layer layer(image);
  CHECK(layer.run_step("true").status.ok());
  CHECK(sys::exists(image.path() + "/etc/hosts"));
  CHECK(layer.changes() == Paths{});
}

TEST_CASE("a mount point of the wrong kind is an error that names both") {
  BusyboxRoot image;
  sys::make_dir_at(image.fd(), "etc/hosts", 0755);
  CHECK_THROWS_WITH(
      open_mount_point(sys::RootDir::open(image.path()), "/etc/hosts", MountPointType::kFile),
      "/etc/hosts cannot be mounted on: a file is needed, and it is a directory");
}
