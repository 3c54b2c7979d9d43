using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>All that can lie at the path of a Unix socket, when its server starts and when it stops.</summary>
public sealed class UnixSocketFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _path;

    public UnixSocketFileTests()
    {
        Assert.SkipUnless(Socket.OSSupportsUnixDomainSockets, "This system has no Unix sockets.");
        _path = _directory.NewPath();
    }

    public static TheoryData<string> Transports => ["Sockets", "Epoll", "IoUring"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Permissions_of_the_file_are_set_before_the_socket_listens()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no permissions for sockets.");
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite;
        UnixFileMode? bound = null;
        var transport = new SocketTransport(new()
        {
            UnixSocketMode = Mode,
            OnStep = step => bound ??=
                step.Function is SocketFunction.Bind && !OperatingSystem.IsWindows() ? File.GetUnixFileMode(_path) : null,
        });

        await using var listener = await BindAsync(transport, _path);

        Assert.Equal(Mode, bound);
        await AssertServesAsync(listener, _path);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Stopping_leaves_a_socket_that_a_successor_has_renamed_to_the_path(string transport)
    {
        await using var binding = New(transport);
        var old = await BindAsync(binding, _path);
        var other = _directory.NewPath();
        await using var next = await BindAsync(binding, other);
        File.Move(other, _path, overwrite: true);

        await old.DisposeAsync();

        await AssertServesAsync(next, _path);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Stopping_leaves_a_socket_that_was_bound_again_at_the_path(string transport)
    {
        await using var binding = New(transport);
        var old = await BindAsync(binding, _path);
        File.Delete(_path);
        await using var next = await BindAsync(binding, _path);

        await old.DisposeAsync();

        await AssertServesAsync(next, _path);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Stopping_leaves_what_is_no_socket_at_the_path(string transport)
    {
        await using var binding = New(transport);
        Action<string>[] puts =
        [
            path => File.WriteAllText(path, "precious"),
            path => File.CreateSymbolicLink(path, "/nowhere"),
            path => Directory.CreateDirectory(path),
            path => { },
        ];
        foreach (var put in puts)
        {
            var path = _directory.NewPath();
            var listener = await BindAsync(binding, path);
            File.Delete(path);
            put(path);
            var before = PathEntry.Read(path);
            await listener.DisposeAsync();
            Assert.Equal(before, PathEntry.Read(path));
        }
    }

    [Fact]
    public async Task Start_refuses_what_is_no_dead_socket_says_what_it_is_and_leaves_it()
    {
        var dead = Path.Combine(_directory.Path, "dead");
        LeaveDeadSocket(dead);
        var alive = Path.Combine(_directory.Path, "alive");
        await using var living = await BindAsync(SocketTransport.Shared, alive);
        await AssertRefusedAsync(path => Directory.CreateDirectory(path), "the path is a directory");
        await AssertRefusedAsync(path => File.WriteAllText(path, "precious"), "a file that is not a socket");
        await AssertRefusedAsync(MakeFifo, "a file that is not a socket");
        await AssertRefusedAsync(path => File.CreateSymbolicLink(path, dead), "a symbolic link");
        await AssertRefusedAsync(path => File.CreateSymbolicLink(path, alive), "a symbolic link");
        await AssertRefusedAsync(path => File.CreateSymbolicLink(path, "/nowhere/at/all"), "a symbolic link");
        await AssertRefusedAsync(path => File.CreateSymbolicLink(path, path), "a symbolic link");
        await AssertRefusedAsync(path => File.CreateSymbolicLink(path, "/dev/null"), "a symbolic link");
        Assert.True(PathEntry.Read(dead).Kind is PathKind.Socket);
        await AssertServesAsync(living, alive);
    }

    [Fact]
    public async Task Start_refuses_a_path_below_what_is_no_directory_and_says_so()
    {
        await File.WriteAllTextAsync(_path, "precious", Cancelled);
        var error = await Assert.ThrowsAsync<IOException>(() => BindAsync(SocketTransport.Shared, Path.Combine(_path, "s")));
        Assert.Contains($"{_path} is not a directory", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<IOException>(() => BindAsync(SocketTransport.Shared, _path + "/missing/s"));
        Assert.Contains("does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_refuses_a_directory_that_takes_no_sockets_and_says_so()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc is of Linux.");
        var error = await Assert.ThrowsAsync<IOException>(() => BindAsync(SocketTransport.Shared, "/proc/s"));
        Assert.Contains("the system cannot create a file in /proc", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/tmp/", "ends in a slash")]
    [InlineData("/tmp/a\0b", "no NUL inside")]
    public async Task Start_refuses_a_path_that_means_another_one_to_the_system(string path, string expected)
    {
        var error = await Assert.ThrowsAsync<IOException>(() => BindAsync(SocketTransport.Shared, path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Link_before_dots_never_makes_the_wrong_file_go()
    {
        var deep = Directory.CreateDirectory(Path.Combine(_directory.Path, "other", "deep")).FullName;
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "link"), deep);
        // The system goes to other/s; .NET, which knows no links, would go to s beside the link.
        var victim = Path.Combine(_directory.Path, "s");
        LeaveDeadSocket(victim);
        var listener = await BindAsync(SocketTransport.Shared, Path.Combine(_directory.Path, "link", "..", "s"));
        await AssertServesAsync(listener, Path.Combine(_directory.Path, "other", "s"));
        await listener.DisposeAsync();
        Assert.Equal(PathKind.Socket, PathEntry.Read(victim).Kind);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Of_servers_that_race_for_a_dead_ones_path_exactly_one_has_it(string transport)
    {
        await using var binding = New(transport);
        for (var round = 0; round < 25; round++)
        {
            var path = _directory.NewPath();
            LeaveDeadSocket(path);
            using var start = new Barrier(4);
            var racing = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                async () =>
                {
                    start.SignalAndWait(Cancelled);
                    try
                    {
                        return await BindAsync(binding, path);
                    }
                    catch (AddressInUseException)
                    {
                        return null;
                    }
                },
                Cancelled, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
            var winner = Assert.Single(racing, listener => listener is not null)!;
            await AssertServesAsync(winner, path);
            await winner.DisposeAsync();
            Assert.False(File.Exists(path));
        }
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Abstract_name_has_one_server_and_no_file(string transport)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Abstract names are only in Linux.");
        await using var binding = New(transport);
        var name = $"\0{_path}";
        await using (var listener = await BindAsync(binding, name))
        {
            await AssertServesAsync(listener, name);
            var error = await Assert.ThrowsAsync<AddressInUseException>(() => BindAsync(binding, name));
            Assert.Contains($"@{_path}: a server has this name already", error.Message, StringComparison.Ordinal);
            Assert.False(File.Exists(_path));
        }

        await using var next = await BindAsync(binding, name);
    }

    [Fact]
    public void File_whose_name_begins_with_an_at_sign_is_a_file()
    {
        Assert.Equal("@name", UnixSocketAddress.GetPath(new("@name")));
        if (OperatingSystem.IsLinux())
            Assert.Null(UnixSocketAddress.GetPath(new("\0name")));
    }

    private static LinuxTransport New(string transport)
    {
        var engine = Enum.Parse<LinuxEngine>(transport);
        Assert.SkipWhen(engine is LinuxEngine.IoUring && !IoUringProbe.Result.IsSupported, "io_uring cannot run here.");
        return new(new() { Engine = engine });
    }

    private static Task<IConnectionListener> BindAsync(IConnectionListenerFactory transport, string path) =>
        transport.BindAsync(new UnixDomainSocketEndPoint(path), Cancelled).AsTask();

    private static async Task AssertServesAsync(IConnectionListener listener, string path)
    {
        var accepting = listener.AcceptAsync(Cancelled).AsTask();
        await using var client = await SocketTransport.Shared.ConnectAsync(new UnixDomainSocketEndPoint(path), Cancelled);
        var server = await accepting;
        Assert.NotNull(server);
        server.Abort();
        await server.DisposeAsync();
    }

    private static void MakeFifo(string path)
    {
        using var making = Process.Start("mkfifo", path);
        making.WaitForExit();
        Assert.Equal(0, making.ExitCode);
    }

    /// <summary>.NET deletes the file that it has bound; one that was moved stays, as after a crash.</summary>
    private void LeaveDeadSocket(string path)
    {
        using var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var bound = _directory.NewPath();
        dead.Bind(new UnixDomainSocketEndPoint(bound));
        dead.Listen();
        File.Move(bound, path);
    }

    private async Task AssertRefusedAsync(Action<string> put, string expected)
    {
        var path = _directory.NewPath();
        put(path);
        var before = PathEntry.Read(path);
        var error = await Assert.ThrowsAsync<AddressInUseException>(() => BindAsync(SocketTransport.Shared, path));
        Assert.Contains($"Cannot listen on {path}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, PathEntry.Read(path));
    }
}
