using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sockeye.Comparison.Load;
using KestrelTransportOptions = Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketTransportOptions;

namespace Sockeye.Comparison.Servers;

/// <summary>Kestrel with a <see cref="ConnectionDelegate"/>: no HTTP.</summary>
internal static class KestrelEcho
{
    public static async Task<IPEndPoint> StartAsync(bool inline, ServerMode mode)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<KestrelTransportOptions>(options => options.UnsafePreferInlineScheduling = inline);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => Configure(listen, mode)));
        var app = builder.Build();
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new(IPAddress.Loopback, new Uri(addresses.Single()).Port);
    }

    private static void Configure(Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions listen, ServerMode mode)
    {
        if (mode == ServerMode.Tls)
            listen.UseHttps(TlsStreams.CreateCertificate());
        if (mode == ServerMode.Broadcast)
        {
            var members = new Members();
            listen.Run(members.ServeAsync);
            return;
        }

        listen.Run(static connection => EchoAsync(connection));
    }

    private static async Task EchoAsync(ConnectionContext connection)
    {
        try
        {
            await PipeEcho.RunAsync(connection.Transport.Input, connection.Transport.Output);
        }
        catch (ConnectionResetException)
        {
            // The peer reset the connection: there is nothing left to serve.
        }
    }

    /// <summary>Those who get what one of them sends.</summary>
    private sealed class Members
    {
        private readonly ConcurrentDictionary<ConnectionContext, bool> _all = [];

        public async Task ServeAsync(ConnectionContext connection)
        {
            _all[connection] = true;
            try
            {
                var input = connection.Transport.Input;
                while (await input.ReadAsync() is { IsCompleted: false } read)
                {
                    foreach (var (member, _) in _all)
                    {
                        if (member == connection)
                            continue;
                        foreach (var segment in read.Buffer)
                            await member.Transport.Output.WriteAsync(segment);
                    }

                    input.AdvanceTo(read.Buffer.End);
                }
            }
            finally
            {
                _all.TryRemove(connection, out _);
            }
        }
    }
}
