using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>One run of <c>sockeye demo --page</c>.</summary>
internal sealed class DemoPage(int port, TimeProvider time)
{
    /// <summary>More than the page serves at a time, because reset connections are still open for a moment.</summary>
    private const int MaxConnections = 2 * HttpClientLimit.HardLimit;

    private readonly ErrorLines _errors = new();

    public async Task<int> RunAsync()
    {
        try
        {
            await using var world = await StartWorldAsync();
            var site = new PageSite(
                new(world, time), new(world, _errors.WriteFailure), new(RandomNumberGenerator.GetHexString(32, lowercase: true)));
            var limit = new HttpClientLimit(time, static _ => { });
            var handler = new HttpHandler(
                limit, site.Answer, static (_, _) => { }, e => _errors.WriteFailure(e.ToString()), time);
            await SockeyeServer.RunAsync(
                CreateOptions(handler), started => Announce(started, world), StandardOutput.Instance.Broken);
            return ExitCodes.Done;
        }
        catch (Exception e) when (e is IOException or AddressInUseException or PlatformNotSupportedException)
        {
            throw new CommandException(ExitCodes.Failed, e.Message, e);
        }
    }

    private async Task<PageWorld> StartWorldAsync()
    {
        try
        {
            return await PageWorld.StartAsync(time);
        }
        catch (InvalidOperationException e)
        {
            throw new CommandException(ExitCodes.WrongUse, e.Message, e); // SOCKEYE_ENGINE is invalid.
        }
    }

    private static void Announce(SockeyeServer page, PageWorld world) => Console.Out.Write(string.Create(
        CultureInfo.InvariantCulture,
        $"""
        page: http://localhost:{((IPEndPoint)page.EndPoints[0]).Port}/
        server: {world.EndPoint} (process {Environment.ProcessId}, engine {world.Engine})
        segments: {(world.HasPackets ? "captured packets" : $"proved by calls and states, because {world.NoPackets}")}
        states: {world.Kernel.Source}
        Open the page in a browser on this machine. Ctrl+C ends the demo.

        """));

    private SockeyeServerOptions CreateOptions(HttpHandler handler)
    {
        var options = new SockeyeServerOptions
        {
            // Not the transport of the demo's server, whose CPU time would contain that of the page.
            Transport = new SocketTransport(),
            MaxConnections = MaxConnections,
            MaxClosedHistory = 0,
        };
        options.Timeouts.FirstByte = TimeSpan.FromSeconds(10);
        options.Timeouts.Idle = TimeSpan.FromMinutes(1);
        options.Timeouts.WriteStall = TimeSpan.FromSeconds(10);
        options.Timeouts.Lifetime = TimeSpan.FromHours(1);
        options.ListenLocalhost(port).Run(handler.RunAsync);
        return options;
    }
}
