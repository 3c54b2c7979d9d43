using System.Net;
using System.Net.Sockets;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Top;

/// <summary>The sources of <c>sockeye top</c>: the machine, and the admin page of a server.</summary>
public sealed class TopSourceTests
{
    [Fact]
    public async Task Connection_that_ended_has_the_local_time_of_its_end()
    {
        using var source = new MachineSource(new FiveHoursEast());
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.LingerState = new(true, 0);
        await client.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        var name = $"{client.LocalEndPoint}";
        await source.RefreshAsync(CancellationToken.None);
        client.Dispose(); // RST: nothing of it remains.

        await source.RefreshAsync(CancellationToken.None);

        var column = source.Columns[0];
        var snapshot = await source.QueryAsync(new(column, false, TopFilter.All, 0, 1), CancellationToken.None);
        var closed = Assert.Single(snapshot.Closed, closed => closed.Local == name);
        Assert.Equal(TimeSpan.FromHours(5), closed.At.Offset);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("not JSON")]
    [InlineData("""{"process":{},"signs":[],"engine":{},"listeners":[{"isListening":"yes"}]}""")]
    public async Task Page_of_another_kind_of_server_is_a_failure_that_names_the_URL(string body)
    {
        using var server = new TestServer();
        using var source = new AdminSource(new(new(new($"http://{server.EndPoint}/"), null)), TimeProvider.System);
        var refreshing = source.RefreshAsync(CancellationToken.None).AsTask();
        using var peer = await server.AcceptAsync();
        await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");

        var error = await Assert.ThrowsAsync<TopSourceException>(() => refreshing);

        Assert.Equal($"http://{server.EndPoint}/ is not the admin page of a Sockeye server", error.Message);
    }

    [Theory]
    [InlineData("7001", "http://localhost:7001/", null)]
    [InlineData("host:7001", "http://host:7001/", null)]
    [InlineData("https://host/#token=abc", "https://host/", "abc")]
    [InlineData("", null, null)]
    [InlineData("ftp://host", null, null)]
    [InlineData("--x", null, null)]
    [InlineData("70000", null, null)]
    public void Url_is_that_of_a_page(string text, string? page, string? token)
    {
        var url = AdminUrl.Parse(text);

        Assert.Equal((page, token), (url?.Page.ToString(), url?.Token));
    }

    private sealed class FiveHoursEast : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } =
            TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(5), "east", "east");
    }
}
