using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Tests.Sockets;

/// <summary>Reloads that take Unix sockets away and add them, beside servers that have the same path.</summary>
public sealed class UnixSocketReloadTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sockeye-");
    private readonly string _path;

    public UnixSocketReloadTests()
    {
        Assert.SkipUnless(Socket.OSSupportsUnixDomainSockets, "This system has no Unix sockets.");
        _path = Path.Combine(_directory.FullName, "s");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Removed_endpoint_leaves_the_socket_of_a_successor()
    {
        await using var server = await StartAsync(options => Listen(options, _path));
        File.Delete(_path);
        await using var successor = await StartAsync(options => options.ListenUnixSocket(_path).Run(EchoAsync));

        var result = await server.ReloadAsync(options => Listen(options), Token);

        Assert.Single(result.Removed);
        await AssertServesAsync(_path);
    }

    [Fact]
    public async Task Added_endpoint_on_the_path_of_a_living_server_changes_nothing()
    {
        await using var living = await StartAsync(options => options.ListenUnixSocket(_path).Run(EchoAsync));
        await using var server = await StartAsync(options => Listen(options));

        var error = await Assert.ThrowsAsync<AddressInUseException>(
            () => server.ReloadAsync(options => Listen(options, _path), Token));

        Assert.Contains("a server listens there already", error.Message, StringComparison.Ordinal);
        await AssertServesAsync(_path);
        await living.StopAsync(Token);
        Assert.False(File.Exists(_path));
        await server.ReloadAsync(options => Listen(options, _path), Token);
        await AssertServesAsync(_path);
    }

    [Theory]
    [InlineData("/tmp/", "the path ends in a slash")]
    [InlineData("/tmp/a\0b", "a path has no NUL inside it")]
    public void Path_that_cannot_be_one_is_refused_where_it_is_written(string path, string expected)
    {
        var error = Assert.Throws<ArgumentException>(nameof(path), () => new SockeyeServerOptions().ListenUnixSocket(path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\0', error.Message);
    }

    [Fact]
    public void Path_that_is_too_long_is_refused_with_both_lengths()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems have other lengths.");
        var error = Assert.Throws<ArgumentException>(
            "path", () => new SockeyeServerOptions().ListenUnixSocket("/" + new string('é', 60)));
        Assert.Contains("it has 121 bytes, and may have 107", error.Message, StringComparison.Ordinal);
    }

    private static Task<SockeyeServer> StartAsync(Action<SockeyeServerOptions> configure) =>
        SockeyeServer.StartAsync(configure, Token);

    /// <summary>On a port, and on these paths.</summary>
    private static void Listen(SockeyeServerOptions options, params string[] paths)
    {
        options.ListenLocalhost(0).Run(EchoAsync);
        foreach (var path in paths)
            options.ListenUnixSocket(path).Run(EchoAsync);
    }

    private static Task EchoAsync(ConnectionContext connection) =>
        connection.Transport.Input.CopyToAsync(connection.Transport.Output);

    private static async Task AssertServesAsync(string path)
    {
        await using var client = await new SockeyeClient().ConnectAsync(new UnixDomainSocketEndPoint(path), Token);
        await client.Transport.Output.WriteAsync(new byte[] { 7 }, Token);
        var read = await client.Transport.Input.ReadAsync(Token);
        Assert.Equal(7, read.Buffer.FirstSpan[0]);
        client.Transport.Input.AdvanceTo(read.Buffer.End);
    }
}
