namespace Sockeye.Comparison.Contestants;

/// <summary>The peers in other languages.</summary>
internal static class PeerList
{
    private const string Jars =
        "/usr/share/java/netty-transport.jar:/usr/share/java/netty-common.jar:/usr/share/java/netty-buffer.jar:"
        + "/usr/share/java/netty-resolver.jar";

    private static readonly Need Gcc = new("gcc", "gcc");

    public static Peer CEpoll { get; } = new(
        "c-epoll", [Gcc], [["gcc", "-O2", "-o", "server", "server.c"]], ["./server"]);

    public static Peer CUring { get; } = new(
        "c-uring",
        [Gcc, new("/usr/include/linux/io_uring.h", "linux-libc-dev")],
        [["gcc", "-O2", "-o", "server", "server.c"]],
        ["./server"]);

    public static Peer Go { get; } = new(
        "go", [new("go", "golang-go")], [["go", "build", "-o", "server", "main.go"]], ["./server"]);

    public static Peer Node { get; } = new("node", [new("node", "nodejs")], [], ["node", "server.js"]);

    public static Peer Netty { get; } = new(
        "netty",
        [new("javac", "default-jdk-headless"), new("/usr/share/java/netty-transport.jar", "libnetty-java")],
        [["javac", "-cp", Jars, "-d", ".", "EchoServer.java"]],
        ["java", "-cp", Jars + ":.", "EchoServer"]);

    public static Peer Tokio { get; } = new(
        "tokio",
        [new("cargo", "cargo"), new("/usr/share/cargo/registry", "librust-tokio-dev")],
        [["cargo", "--config", "config.toml", "build", "--offline", "--release"]],
        ["target/release/echo"]);
}
