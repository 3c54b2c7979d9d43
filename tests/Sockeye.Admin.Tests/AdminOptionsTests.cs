using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Admin.Tests;

public sealed class AdminOptionsTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("10.0.0.1")]
    public async Task Address_beyond_the_loopback_needs_the_option_that_names_the_danger(string address)
    {
        await using var server = await StartServerAsync();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => SockeyeAdmin.StartAsync(
            server, options => options.Address = IPAddress.Parse(address), TestContext.Current.CancellationToken));
        Assert.Contains(address, error.Message, StringComparison.Ordinal);
        Assert.Contains("UnsafeListenBeyondLoopback", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_in_use_is_an_error_that_names_it_and_the_server_goes_on()
    {
        await using var server = await StartServerAsync();
        await using var first = await SockeyeAdmin.StartAsync(
            server, options => options.Port = 0, TestContext.Current.CancellationToken);
        var port = ((IPEndPoint)first.EndPoints[0]).Port;

        var error = await Assert.ThrowsAsync<AddressInUseException>(() => SockeyeAdmin.StartAsync(
            server, options => options.Port = port, TestContext.Current.CancellationToken));

        Assert.Contains($"{port}", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, server.ConnectionCount);
    }

    [Fact]
    public async Task Token_is_another_one_each_start()
    {
        await using var server = await StartServerAsync();
        await using var one = await SockeyeAdmin.StartAsync(
            server, options => options.Port = 0, TestContext.Current.CancellationToken);
        await using var other = await SockeyeAdmin.StartAsync(
            server, options => options.Port = 0, TestContext.Current.CancellationToken);

        Assert.Equal(32, one.Token.Length);
        Assert.NotEqual(one.Token, other.Token);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("sixteen characters")]
    [InlineData("<script>alert(1)</script>")]
    public void Token_that_is_short_or_has_other_characters_is_refused(string token) =>
        Assert.Throws<ArgumentException>(() => new SockeyeAdminOptions { Token = token });

    [Theory]
    [InlineData("http://a/")]
    [InlineData("a b")]
    [InlineData("")]
    public async Task Allowed_host_that_is_not_a_host_is_refused_at_start(string host)
    {
        await using var server = await StartServerAsync();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => SockeyeAdmin.StartAsync(
            server, options => options.AllowedHosts.Add(host), TestContext.Current.CancellationToken));
        Assert.Contains($"\"{host}\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_names_a_server_by_its_program_and_shows_its_engine()
    {
        await using var server = await StartServerAsync();
        await using var admin = await SockeyeAdmin.StartAsync(
            server, options => options.Port = 0, TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri(admin.Url, "/api/server"), TestContext.Current.CancellationToken);
        using var json = System.Text.Json.JsonDocument.Parse(text);

        Assert.Equal("Sockeye.Admin.Tests", json.RootElement.GetProperty("name").GetString());
        var engine = json.RootElement.GetProperty("engine");
        Assert.Contains(engine.GetProperty("name").GetString(), (string[])["io_uring", "epoll", "sockets"]);
        Assert.NotEqual("", engine.GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines")]
    public void Name_that_is_empty_or_has_control_characters_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => new SockeyeAdminOptions { Name = name });

    [Fact]
    public void Numbers_out_of_their_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SockeyeAdminOptions { Port = 65536 });
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new SockeyeAdminOptions { SampleInterval = TimeSpan.FromMilliseconds(99) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SockeyeAdminOptions { SampleInterval = TimeSpan.FromMinutes(2) });
    }

    [Fact]
    public async Task Change_of_the_options_after_the_start_has_no_effect()
    {
        await using var server = await StartServerAsync();
        SockeyeAdminOptions? options = null;
        await using var admin = await SockeyeAdmin.StartAsync(
            server, each => (options = each).Port = 0, TestContext.Current.CancellationToken);
        var url = admin.Url;

        options!.Address = IPAddress.IPv6Loopback;
        options.AllowedHosts.Add("admin.example");

        Assert.Equal(url, admin.Url);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, "/api/server"));
        request.Headers.Host = "admin.example";
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
    }

    private static Task<SockeyeServer> StartServerAsync() => SockeyeServer.StartAsync(
        options => options.ListenLocalhost(0).Run(_ => Task.CompletedTask), TestContext.Current.CancellationToken);
}
