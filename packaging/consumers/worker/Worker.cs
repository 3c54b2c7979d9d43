using Sockeye;
using Sockeye.Hosting;

namespace worker;

/// <summary>A client of the server in its own host: sends a line, reports the echo and stops the host.</summary>
public sealed class Worker(HostedServer hosted, IHostApplicationLifetime life) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var endpoint = hosted.Server.EndPoints[0];
        await using var client = await new SockeyeClient().ConnectAsync(endpoint, Codec.Lines(maxLength: 100), stoppingToken);
        await client.WriteAsync("hello", stoppingToken);
        Console.WriteLine($"echo: {await client.ReadAllAsync(stoppingToken).FirstAsync(stoppingToken)}");
        life.StopApplication();
    }
}
