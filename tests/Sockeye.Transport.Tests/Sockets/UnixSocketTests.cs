using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>The file of a Unix socket: taken over from the dead, never from the living or from others.</summary>
public sealed class UnixSocketTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _path;
    private readonly UnixDomainSocketEndPoint _endPoint;

    public UnixSocketTests()
    {
        Assert.SkipUnless(Socket.OSSupportsUnixDomainSockets, "This system has no Unix sockets.");
        _path = _directory.NewPath();
        _endPoint = new(_path);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_file_is_there_while_the_listener_is()
    {
        var listener = await BindAsync();
        Assert.True(File.Exists(_path));
        await listener.UnbindAsync(TestContext.Current.CancellationToken);
        Assert.False(File.Exists(_path));
    }

    [Fact]
    public async Task A_file_that_a_dead_server_left_behind_is_replaced()
    {
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // .NET deletes the file that it has bound; one that was moved stays, as after a crash.
            var bound = _directory.NewPath();
            dead.Bind(new UnixDomainSocketEndPoint(bound));
            dead.Listen();
            File.Move(bound, _path);
        }

        Assert.True(File.Exists(_path));
        await using var listener = await BindAsync();
        await using var client = await SocketTransport.Shared.ConnectAsync(_endPoint, TestContext.Current.CancellationToken);
        await using var server = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        Assert.NotNull(server);
        server.Abort();
    }

    [Fact]
    public async Task A_live_server_is_refused_and_notices_nothing()
    {
        using var live = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        live.Bind(_endPoint);
        // Before listen() a connect is refused, as by the dead; this server is not dead.
        await Assert.ThrowsAsync<AddressInUseException>(BindAsync);
        live.Listen();
        var error = await Assert.ThrowsAsync<AddressInUseException>(BindAsync);
        Assert.Contains(_path, error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(_path));
        Assert.False(live.Poll(TimeSpan.Zero, SelectMode.SelectRead), "A client is in the live server's queue.");
    }

    [Fact]
    public async Task A_live_server_whose_backlog_is_full_is_refused_at_once()
    {
        using var live = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        live.Bind(_endPoint);
        live.Listen(0);
        using var waiting = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await waiting.ConnectAsync(_endPoint, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<AddressInUseException>(BindAsync);
    }

    [Fact]
    public async Task A_file_of_another_kind_is_left_alone()
    {
        await File.WriteAllTextAsync(_path, "precious", TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<AddressInUseException>(BindAsync);
        Assert.Equal("precious", await File.ReadAllTextAsync(_path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_missing_directory_is_an_error_that_says_so()
    {
        var path = Path.Combine(_directory.Path, "missing", "socket");
        var error = await Assert.ThrowsAsync<IOException>(() => BindAsync(new(path)));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains("directory", error.Message, StringComparison.Ordinal);
    }

    private Task<IConnectionListener> BindAsync() => BindAsync(_endPoint);

    private static Task<IConnectionListener> BindAsync(UnixDomainSocketEndPoint endpoint) =>
        SocketTransport.Shared.BindAsync(endpoint, TestContext.Current.CancellationToken).AsTask();
}
