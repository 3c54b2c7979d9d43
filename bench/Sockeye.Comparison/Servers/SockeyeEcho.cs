using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Comparison.Load;
using Sockeye.Linux;

namespace Sockeye.Comparison.Servers;

/// <summary>Sockeye, on each of its transports.</summary>
internal static class SockeyeEcho
{
    private const int MaxMessageSize = 64 * 1024;

    public static async Task<IPEndPoint> StartAsync(LinuxEngine engine, bool inline, ServerMode mode)
    {
        var transport = Transport(engine, inline);
        var handler = CreateHandler(mode);
        var server = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = transport;
            options.MaxConnections = 100_000;
            handler(options.Listen(new IPEndPoint(IPAddress.Loopback, 0)));
        });
        return (IPEndPoint)server.EndPoints[0];
    }

    /// <summary>The requested transport, or an exception with the reason: never a slower one instead.</summary>
    private static IConnectionListenerFactory Transport(LinuxEngine engine, bool inline)
    {
        var sockets = new SocketTransportOptions { UnsafePreferInlineScheduling = inline };
        if (engine == LinuxEngine.Sockets)
            return new SocketTransport(sockets);
        try
        {
            var transport = new LinuxTransport(new() { Engine = engine, Sockets = sockets });
            return transport.Engine == engine
                ? transport
                : throw new UnavailableException(
                    $"LinuxTransport runs on {transport.Engine} here{DescribeUnavailable(transport)}");
        }
        catch (PlatformNotSupportedException e)
        {
            throw new UnavailableException(e.Message.TrimEnd('.'));
        }
    }

    private static string DescribeUnavailable(LinuxTransport transport) =>
        transport.EngineReason == "" ? "" : $": {transport.EngineReason.TrimEnd('.')}";

    private static Action<ListenOptions> CreateHandler(ServerMode mode) => mode switch
    {
        ServerMode.Echo => listen => listen.Run(
            connection => PipeEcho.RunAsync(connection.Transport.Input, connection.Transport.Output)),
        ServerMode.Codec => listen => listen.Run(Codec.LengthPrefixed(MaxMessageSize).WithoutCopying(), async connection =>
        {
            await foreach (var message in connection.ReadAllAsync())
                await connection.WriteAsync(message);
        }),
        ServerMode.Broadcast => Broadcast,
        ServerMode.Tls => listen => listen.UseTls(TlsStreams.CreateCertificate()).Run(
            connection => PipeEcho.RunAsync(connection.Transport.Input, connection.Transport.Output)),
        _ => throw new UnavailableException($"Sockeye has no {mode} server here"),
    };

    private static void Broadcast(ListenOptions listen)
    {
        var group = new MessageGroup<ReadOnlyMemory<byte>>();
        listen.Run(Codec.LengthPrefixed(MaxMessageSize), async connection =>
        {
            group.Join(connection);
            await foreach (var message in connection.ReadAllAsync())
                group.Broadcast(message, except: connection);
        });
    }
}
