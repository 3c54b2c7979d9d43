using System.Text.Json;

namespace Sockeye.Clustering.Tests.Nats;

/// <summary>A cluster of three servers that route to each other.</summary>
internal sealed class NatsServers : IAsyncDisposable
{
    private readonly List<NatsServer> _servers = [];

    public NatsServer this[int index] => _servers[index];

    public string Urls => string.Join(',', _servers.Select(server => server.Url));

    public static async Task<NatsServers> StartAsync()
    {
        NatsServers servers = new();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                var routes = string.Join(", ", servers._servers.Select(server => $"\"{server.RouteUrl}\""));
                servers._servers.Add(await NatsServer.StartAsync($$"""
                    server_name: s{{i}}
                    cluster { name: sockeye, host: 127.0.0.1, port: -1, routes: [{{routes}}] }
                    """));
            }

            await servers.UntilRoutedAsync();
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
    }

    private async Task UntilRoutedAsync()
    {
        using HttpClient http = new();
        foreach (var server in _servers)
        {
            await Poll.UntilAsync(
                async () =>
                {
                    using var routes = JsonDocument.Parse(await http.GetStringAsync(new Uri(server.Monitor!, "routez")));
                    return routes.RootElement.GetProperty("num_routes").GetInt32() >= _servers.Count - 1;
                },
                () => $"routes between the servers; log: {server.Log}");
        }
    }
}
