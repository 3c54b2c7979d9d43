using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Sockeye.Kestrel.Tests.Support;

namespace Sockeye.Kestrel.Tests;

/// <summary>Where Kestrel can listen by a transport of Sockeye, and what it says where it cannot.</summary>
public sealed class EndPointTests
{
    public static TheoryData<string> Transports => [.. EachEngine.All.Select(engine => engine.ToString())];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Transports))]
    public async Task Unix_socket_is_served_and_its_file_goes_with_the_server(string transport)
    {
        var path = Path.Combine(Path.GetTempPath(), $"sockeye-kestrel-{Environment.ProcessId}-{transport}.sock");
        await using (await KestrelHost.StartAsync(
            transport, app => app.MapGet("/", () => "by file"), kestrel => kestrel.ListenUnixSocket(path)))
        {
            using var http = new HttpClient(new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancelled) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancelled);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            });
            Assert.Equal("by file", await http.GetStringAsync("http://localhost/", Cancelled).Within());
        }

        Assert.False(File.Exists(path));
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Any_address_accepts_clients_of_both_families_and_distinguishes_them(string transport)
    {
        await using var host = await KestrelHost.StartAsync(
            transport, ReportAddresses, kestrel => kestrel.ListenAnyIP(0));
        await AssertReportsAsync("127.0.0.1", host.Address.Port);
        await AssertReportsAsync("[::1]", host.Address.Port);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Addresses_by_name_are_served(string transport)
    {
        await using var host = await KestrelHost.StartAsync(
            transport,
            app =>
            {
                app.Urls.Add("http://127.0.0.1:0");
                app.Urls.Add("http://*:0");
                ReportAddresses(app);
            },
            _ => { });
        Assert.Equal(2, host.Addresses.Count);
        foreach (var address in host.Addresses)
            await AssertReportsAsync("127.0.0.1", address.Port);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Port_in_use_is_reported_as_kestrel_reports_it(string transport)
    {
        await using var first = await KestrelHost.StartAsync(
            transport, _ => { }, kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var error = await Assert.ThrowsAsync<IOException>(() => KestrelHost.StartAsync(
            transport, _ => { }, kestrel => kestrel.Listen(first.EndPoint)));
        Assert.IsType<AddressInUseException>(error.InnerException);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Address_of_another_machine_is_an_error_that_lets_kestrel_go_on_without_one_family(string transport)
    {
        // An IOException would end the start where Kestrel can do with IPv4 alone.
        var error = await Assert.ThrowsAsync<SocketException>(() => KestrelHost.StartAsync(
            transport, _ => { }, kestrel => kestrel.Listen(IPAddress.Parse("192.0.2.1"), 0)));
        Assert.Equal(SocketError.AddressNotAvailable, error.SocketErrorCode);
        Assert.Contains("this machine has no such address", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Descriptor_of_another_program_is_listened_on_and_kept(string transport)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no descriptors that are inherited.");
        using var given = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        given.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        given.Listen();
        var port = ((IPEndPoint)given.LocalEndPoint!).Port;
        for (var i = 0; i < 2; i++) // The caller has it for a second host, too.
        {
            await using var host = await KestrelHost.StartAsync(
                transport, ReportAddresses, kestrel => kestrel.ListenHandle((ulong)given.Handle));
            await AssertReportsAsync("127.0.0.1", port);
        }
    }

    [Fact]
    public async Task Descriptor_that_does_not_listen_is_refused_with_its_number()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no descriptors that are inherited.");
        using var given = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var error = await Assert.ThrowsAsync<IOException>(() => KestrelHost.StartAsync(
            "Sockets", _ => { }, kestrel => kestrel.ListenHandle((ulong)given.Handle)));
        Assert.Contains(
            $"descriptor {given.Handle}: it is a socket that does not listen", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Named_pipes_are_left_to_the_transport_that_has_them()
    {
        using var services = new ServiceCollection().AddLogging().AddSockeyeTransport().BuildServiceProvider();
        var selector = (IConnectionListenerFactorySelector)services.GetRequiredService<IConnectionListenerFactory>();
        Assert.False(selector.CanBind(new NamedPipeEndPoint("pipe")));
        Assert.True(selector.CanBind(new IPEndPoint(IPAddress.Loopback, 0)));
        Assert.True(selector.CanBind(new UnixDomainSocketEndPoint("/tmp/x.sock")));
    }

    private static void ReportAddresses(WebApplication app) => app.MapGet("/", (HttpContext context) =>
        $"{context.Connection.RemoteIpAddress} {context.Connection.LocalIpAddress} {context.Connection.LocalPort}");

    private static async Task AssertReportsAsync(string address, int port)
    {
        using var http = new HttpClient();
        var plain = address.Trim('[', ']');
        Assert.Equal(
            $"{plain} {plain} {port}", await http.GetStringAsync($"http://{address}:{port}/", Cancelled).Within());
    }
}
