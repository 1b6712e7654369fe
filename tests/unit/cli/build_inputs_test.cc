// SPDX-License-Identifier: Apache-2.0
//
// From the words of a command line to what a build reads.
#include <sys/stat.h>

#include <cstdlib>

#include "base/sys/unix_socket.h"
#include "tests/unit/cli/build_inputs_fixture.h"

using namespace cairn;
using namespace cairn::cli;

namespace {

// An environment variable for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("an option that may repeat takes one word each time, and the path stays the path") {
  BuildFlags flags = parsed({"-t", "a", "--tag=b", "--build-arg", "X=1", "--no-cache-filter", "s,t",
                             "--label", "k=v", "dir"});
  CHECK(flags.tags == Words{"a", "b"});
  CHECK(flags.build_args == Words{"X=1"});
  CHECK(flags.no_cache_filter == Words{"s", "t"});
  CHECK(flags.context == "dir");
  CHECK(parsed({}).context == ".");
}

TEST_CASE("options of other builders are taken with a note why they change nothing") {
  BuildFlags flags = parsed({"--rm", "--memory", "1g", "--provenance=false", "dir"});
  CHECK(flags.without_effect.size() == 3);
  CHECK(flags.context == "dir");
  CHECK(parsed({"dir"}).without_effect.empty());
}

TEST_CASE("words that no option knows are refused") {
  CHECK_THROWS_AS(parsed({"--no-such-option"}), CLI::ParseError);
  CHECK_THROWS_AS(parsed({"--format", "tar"}), CLI::ParseError);
  CHECK_THROWS_AS(parsed({"one", "two"}), CLI::ParseError);
}

TEST_CASE("without options a build is one image of the context's Dockerfile") {
  Project p;
  BuildInputs inputs = p.read();
  CHECK(inputs.dockerfile->name == "Dockerfile");
  CHECK(inputs.dockerfile->text == "FROM scratch\n");
  CHECK(inputs.contexts.size() == 1);
  CHECK(inputs.contexts.at("context").filter == nullptr);
  CHECK(inputs.options.shm_size == 0);
  CHECK(inputs.names.empty());
  REQUIRE(inputs.outputs.size() == 1);
  CHECK(inputs.outputs[0].type == "image");
  CHECK(inputs.options.build_args.empty());
  CHECK(!inputs.options.context_source);
  CHECK(!inputs.options.platform);
}

TEST_CASE("options reach the plan as they were given") {
  Project p;
  plan::BuildOptions options =
      p.read({"--target", "test", "--no-cache-filter", "a,b", "--network", "none", "--platform",
              "linux/arm64", "--label", "k=v=w", "--label", "bare", "--shm-size", "1g"})
          .options;
  CHECK(options.target == "test");
  CHECK(options.no_cache_filter == std::set<std::string>{"a", "b"});
  CHECK(options.network == plan::NetworkMode::kNone);
  CHECK(options.platform->str() == "linux/arm64");
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(options.labels == Pairs{{"k", "v=w"}, {"bare", ""}});
  CHECK(p.read({"--shm-size", "1g"}).options.shm_size == 1u << 30);
}

TEST_CASE("a build argument without a value takes the environment's, or none") {
  Project p;
  Variable set("CAIRN_TEST_ARG", "from outside");
  auto args = p.read({"--build-arg", "A=1", "--build-arg", "A=2=3", "--build-arg",
                      "EMPTY=", "--build-arg", "CAIRN_TEST_ARG", "--build-arg", "CAIRN_TEST_UNSET"})
                  .options.build_args;
  CHECK(args == std::map<std::string, std::string>{
                    {"A", "2=3"}, {"EMPTY", ""}, {"CAIRN_TEST_ARG", "from outside"}});
}

// R09
TEST_CASE("SOURCE_DATE_EPOCH of the environment is a build argument unless one says it") {
  Project p;
  auto epoch = [&](Words words = {}) {
    return p.read(std::move(words)).options.build_args.at("SOURCE_DATE_EPOCH");
  };
  Variable variable("SOURCE_DATE_EPOCH", "1700000000");
  CHECK(epoch() == "1700000000");
  CHECK(epoch({"--build-arg", "SOURCE_DATE_EPOCH=context"}) == "context");
  CHECK(epoch({"--build-arg", "SOURCE_DATE_EPOCH="}).empty());
  CHECK(epoch({"--timestamp", "5"}) == "5");
  CHECK(epoch({"--source-date-epoch=6"}) == "6");
  Variable empty("SOURCE_DATE_EPOCH", "");
  CHECK(p.read().options.build_args.empty());
}

// X11
TEST_CASE("whether files are bounded by the epoch is said by an output, or for all images") {
  Project p;
  auto said = [&](Words words) { return p.read(std::move(words)).outputs[0].rewrite_timestamp; };
  CHECK(!said({}));
  CHECK(said({"--rewrite-timestamp"}) == true);
  CHECK(said({"--rewrite-timestamp=false"}) == false);
  CHECK(said({"--rewrite-timestamp", "-o", "type=image,rewrite-timestamp=false"}) == false);
  CHECK(!said({"--rewrite-timestamp", "-o", "out"}));
  CHECK(p.refusal(ErrorKind::kUsage,
                  {"-o", "type=image,rewrite-timestamp=true", "-o", "type=oci,dest=x"})
            .starts_with("--output: rewrite-timestamp must be the same"));
}

TEST_CASE("extra hosts are read in every form that docker takes") {
  Project p;
  auto hosts = p.read({"--add-host", "a:10.0.0.1", "--add-host", "b=10.0.0.2", "--add-host",
                       "c:[::1]", "--add-host", "d=::2", "--add-host", "e:host-gateway"})
                   .options.extra_hosts;
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(
      hosts ==
      Pairs{
          {"a", "10.0.0.1"}, {"b", "10.0.0.2"}, {"c", "::1"}, {"d", "::2"}, {"e", "host-gateway"}});
}

TEST_CASE("an extra host may have several addresses, each in its usual form") {
  Project p;
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(p.read({"--add-host", "a=10.0.0.1,[FE80::0:1]"}).options.extra_hosts ==
        Pairs{{"a", "10.0.0.1"}, {"a", "fe80::1"}});
}

TEST_CASE("limits are a soft and a hard one, and the last setting holds") {
  Project p;
  auto limits = p.read({"--ulimit", "nofile=1", "--ulimit", "core=-1", "--ulimit", "nofile=10:20"})
                    .options.ulimits;
  REQUIRE(limits.size() == 2);
  CHECK(limits[0].name == "core");
  CHECK(limits[0].hard == -1);
  CHECK(limits[1].soft == 10);
  CHECK(limits[1].hard == 20);
}

TEST_CASE("the network of the host for the whole build allows itself, all else needs the flag") {
  Project p;
  CHECK(!p.read().options.allowed.network_host);
  CHECK(p.read({"--network", "host"}).options.allowed.network_host);
  auto allowed = p.read({"--allow", "security.insecure", "--allow", "device"}).options.allowed;
  CHECK(allowed.security_insecure);
  CHECK(!allowed.network_host);
}

TEST_CASE("a secret is a file or a variable, by buildx's rules") {  // U07
  Project p;
  Variable set("CAIRN_TEST_TOKEN", "of the environment");
  p.tree.file("token", "of the file");
  std::string file = p.tree.root() + "/token";
  struct Case {
    std::string option;
    const char* value;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"id=x,src=" + file, "of the file"},
           {"id=x,source=" + file, "of the file"},
           {"ID=x,type=file,src=" + file, "of the file"},
           {"id=x,\"src=" + file + "\"", "of the file"},
           {"id=x,env=CAIRN_TEST_TOKEN", "of the environment"},
           {"id=x,type=env,src=CAIRN_TEST_TOKEN", "of the environment"},
           {"id=x,type=env,env=CAIRN_TEST_TOKEN", "of the environment"},
           {"id=x,env=CAIRN_TEST_UNSET", ""},
       }) {
    CAPTURE(c.option);
    CHECK(read_secrets({c.option}).at("x") == c.value);
  }
  CHECK(read_secrets({"id=CAIRN_TEST_TOKEN"}).at("CAIRN_TEST_TOKEN") == "of the environment");
  CHECK(read_secrets({"id=" + file}).at(file) == "of the file");
  CHECK(read_secrets({"id=x,src=/no", "id=x,src=" + file}).at("x") == "of the file");
  p.tree.file("big", std::string((500 << 10) + 1, 'x'));
  std::string big = p.tree.root() + "/big";
  CHECK(p.refusal(ErrorKind::kUsage, {"--secret", "id=x,src=" + big}) != "accepted");
}

TEST_CASE("an agent is known by its socket, given or of the environment") {  // U08
  Project p;
  std::string path = p.tree.root() + "/agent";
  sys::Fd listening = sys::listen_unix(path);
  CHECK(open_agents({"x=" + path}).sockets.at("x") == path);
  Variable socket("SSH_AUTH_SOCK", path.c_str());
  CHECK(open_agents({"default"}).sockets.at("default") == path);
  CHECK(open_agents({"x="}).sockets.at("x") == path);
  CHECK(p.refusal(ErrorKind::kUsage, {"--ssh", "x=" + path + "," + path}).find("single socket") !=
        std::string::npos);
  CHECK(p.refusal(ErrorKind::kUsage, {"--ssh", "x=" + path + "," + p.tree.root() + "/Dockerfile"})
            .find("keys and sockets") != std::string::npos);
}

TEST_CASE("the wait for a key that nobody writes to its FIFO can be ended") {
  Project p;
  std::string fifo = p.tree.at("key");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  sys::Fd writer = sys::open_path(fifo, O_RDWR);
  std::stop_source stop;
  stop.request_stop();
  try {
    open_agents({"x=" + fifo}, stop.get_token());
    FAIL("was read");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kCancelled);
  }
}

TEST_CASE("an option with a value that cannot be is refused by its name") {
  Project p;
  struct Case {
    const char* option;
    const char* value;
  };
  for (const Case& c : {Case{"--network", "bridge"},
                        {"--add-host", "nohost"},
                        {"--add-host", "a:not-an-ip"},
                        {"--ulimit", "nofile"},
                        {"--ulimit", "files=1"},
                        {"--ulimit", "nofile=2:1"},
                        {"--ulimit", "nofile=-1:1"},
                        {"--ulimit", "nofile=1:2:3"},
                        {"--ulimit", "nofile=many"},
                        {"--allow", "network"},
                        {"--secret", "id"},
                        {"--secret", "src=x"},
                        {"--secret", "id=x,type=vault"},
                        {"--secret", "id=x,from=y"},
                        {"--add-host", ":1.2.3.4"},
                        {"--add-host", "a:"},
                        {"--build-context", "noequals"},
                        {"--build-context", "=dir"},
                        {"--shm-size", "much"},
                        {"--build-arg", "=x"}}) {
    CAPTURE(c.option);
    CAPTURE(c.value);
    CHECK(p.refusal(ErrorKind::kUsage, {c.option, c.value}).starts_with(c.option));
  }
}

TEST_CASE("platforms are listed or repeated, each counts once, and the order stays") {
  Project p;
  auto platforms = [&](Words words) {
    std::string out;
    for (const oci::Platform& platform : p.read(std::move(words)).platforms) {
      out += platform.str() + " ";
    }
    return out;
  };
  CHECK(platforms({"--platform", "linux/arm64,linux/amd64", "--platform", "linux/arm/v6"}) ==
        "linux/arm64 linux/amd64 linux/arm/v6 ");
  CHECK(platforms({"--platform", "linux/arm64", "--platform", "aarch64"}) == "linux/arm64 ");
  CHECK(platforms({"--platform", "local"}) == oci::Platform::host().str() + " ");
  CHECK(platforms({}) == oci::Platform::host().str() + " ");
  CHECK(p.refusal(ErrorKind::kUsage, {"--platform", "linux/arm64,linux/x/y/z"})
            .starts_with("failed to parse platform \"linux/x/y/z\""));
}

TEST_CASE("several platforms make an index, and so does BUILDKIT_MULTI_PLATFORM") {
  Project p;
  auto several = [&](Words words) { return p.read(std::move(words)).options.several_platforms; };
  const std::string arg = "BUILDKIT_MULTI_PLATFORM=";
  CHECK(!several({"--platform", "linux/arm64"}));
  CHECK(several({"--platform", "linux/arm64,linux/amd64"}));
  CHECK(several({"--build-arg", arg + "1"}));
  CHECK(!several({"--build-arg", arg + "false"}));
  CHECK(p.refusal(ErrorKind::kUsage, {"--build-arg", arg + "maybe"}).find(": maybe;") !=
        std::string::npos);
  CHECK(p.refusal(ErrorKind::kUsage, {"--build-arg", arg + "0", "--platform",
                                      "linux/arm64,linux/amd64"}) != "accepted");
}

TEST_CASE("several platforms go into no docker archive and into no merged tar") {
  Project p;
  const std::string both = "linux/arm64,linux/amd64";
  CHECK(p.refusal(ErrorKind::kUsage, {"--platform", both, "-o", "type=docker,dest=x"})
            .starts_with("docker exporter does not currently support exporting manifest lists;"));
  CHECK(p.refusal(ErrorKind::kUsage, {"--platform", both, "-o",
                                      "type=tar,dest=x,platform-split=false"}) != "accepted");
  CHECK(p.read({"--platform", both, "-o", "type=oci,dest=x"}).outputs.size() == 1);
}

TEST_CASE("outputs add up: what is written, what is kept, what is pushed") {
  Project p;
  auto types = [&](Words words) {
    std::vector<std::string> out;
    for (const output::OutputSpec& spec : p.read(std::move(words)).outputs)
      out.push_back(spec.type);
    return out;
  };
  using Types = std::vector<std::string>;
  CHECK(types({"-o", "out"}) == Types{"local"});
  CHECK(types({"-o", "out", "--load"}) == Types{"local", "image"});
  CHECK(types({"--push", "-t", "x"}) == Types{"image", "registry"});
  auto docker = p.read({"--format", "docker", "--push", "-t", "x"}).outputs;
  for (const output::OutputSpec& spec : docker) {
    CHECK(spec.blobs.types == output::MediaTypes::kDocker);
  }
}

TEST_CASE("what would fail after the build fails before it") {
  Project p;
  auto refusal = [&](Words words) { return p.refusal(ErrorKind::kUsage, std::move(words)); };
  CHECK(refusal({"--push"}).starts_with("a name is needed to push"));
  CHECK(refusal({"-o", "type=registry"}).starts_with("a name is needed to push"));
  CHECK(p.read({"-o", "type=registry,name=x"}).outputs.size() == 1);
  CHECK(refusal({"-o", "type=oci,dest=/nowhere/x.tar"}).starts_with("cannot write /nowhere/x.tar"));
  CHECK(refusal({"-o", "type=tar,dest=/"}).starts_with("cannot write /"));
  CHECK(refusal({"-o", "type=local,dest=/dev/null/x"}).starts_with("cannot write /dev/null/x"));
  CHECK(refusal({"--iidfile", "/nowhere/id"}).starts_with("cannot write /nowhere/id"));
  CHECK(refusal({"--metadata-file", "/proc"}).starts_with("cannot write /proc"));
  CHECK(refusal({"--iidfile", "/dev/stdout", "--metadata-file", "/dev/fd/1"})
            .starts_with("multiple outputs configured to write to stdout"));
  std::string file = p.tree.at("f"), other = p.tree.at("./f");
  CHECK(refusal({"-o", "type=tar,dest=" + file, "--metadata-file", other})
            .starts_with("--output dest=" + file + " and --metadata-file " + other +
                         " name the same file: " + file));
  CHECK(refusal({"-o", "type=local,dest=" + other + "/below", "--iidfile", file})
            .starts_with("--output dest=" + other + "/below and --iidfile " + file +
                         " name the same file: " + file));
  p.tree.file("old", "precious");
  std::string old = p.tree.at("old");
  CHECK(refusal({"-o", "type=oci,dest=" + old, "--iidfile", old}).starts_with("--output dest="));
  CHECK(p.tree.text("old") == "precious");
  Words many = {"--iidfile", "/dev/null", "--metadata-file", "/dev/null"};
  for (const char* type : {"tar", "oci"})
    many.push_back(fmt::format("-otype={},dest=/dev/null", type));
  CHECK(p.read(many).files.size() == 4);
  CHECK(p.read({"-o", p.tree.at("tree"), "-o", p.tree.at("tree")}).outputs.size() == 2);
  // An answer about the Dockerfile writes none of them.
  CHECK(p.read({"--check", "--push", "-o", "type=oci,dest=/nowhere/x"}).outputs.size() == 2);
}

TEST_CASE("an output in the store is refused, by whatever way it leads there") {
  Project p;
  p.tree.file("store/cairn.db", "precious");
  p.tree.symlink("way", "store");
  p.tree.symlink("link", "way/cairn.db");
  for (const char* name : {"store/cairn.db", "way/new", "link", "store/../way/./cairn.db"}) {
    CAPTURE(name);
    std::string dest = p.tree.at(name);
    for (const Words& words :
         {Words{"-o", "type=tar,dest=" + dest}, Words{"-o", "type=local,dest=" + dest + ".d/e"},
          Words{"--iidfile", dest}, Words{"--metadata-file", dest}}) {
      if (words[1].starts_with("type=local") && name == std::string("link")) continue;
      CHECK(p.refusal(ErrorKind::kUsage, words).find("lies in the store") != std::string::npos);
    }
  }
  CHECK(p.refusal(ErrorKind::kUsage, {"-o", p.tree.at("way")}).find("lies in the store") !=
        std::string::npos);
  CHECK(p.tree.text("store/cairn.db") == "precious");
  CHECK(p.read({"--iidfile", p.tree.at("storehouse")}).files.size() == 1);
}
