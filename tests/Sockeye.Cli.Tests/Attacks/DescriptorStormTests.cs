using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Attacks;

/// <summary>
/// A server with few descriptors and busy clients, and again and again more who connect than it has descriptors for. The .NET
/// runtime ends a process that starts a thread at a moment without any.
/// </summary>
public sealed class DescriptorStormTests
{
    private const int Busy = 40;
    private const int Burst = 400;
    private const int Bursts = 12;

    /// <summary>The lines of earlier clients during a burst.</summary>
    private const int EchoesABurst = 400;

    private static readonly byte[] Line = "hello\n"u8.ToArray();

    private readonly CancellationTokenSource _over = new();
    private int _echoes;

    [Theory]
    [InlineData("io_uring", true)]
    [InlineData("io_uring", false)]
    [InlineData("epoll", true)]
    [InlineData("epoll", false)]
    [InlineData("sockets", true)]
    [InlineData("sockets", false)]
    public async Task Server_lives_and_serves_through_bursts_of_more_clients_than_it_has_descriptors_for(
        string engine, bool usesTls)
    {
        string[] tls = usesTls ? ["--tls", "self-signed"] : [];
        await using var server = await ToolProcess.ReadyAsync(ToolProcess.StartUnder(
            $"ulimit -n 300; export SOCKEYE_ENGINE={engine}; exec \"$0\" \"$@\"", ["listen", "127.0.0.1:0", "--echo", .. tls]));
        var clients = Enumerable.Range(0, Busy).Select(_ => EchoAsync(server, usesTls)).ToList();
        await ServedAsync(server, Busy * 10);

        for (var i = 0; i < Bursts; i++)
        {
            var burst = ConnectAll(server.EndPoint);
            await ServedAsync(server, EchoesABurst);
            foreach (var client in burst)
            {
                if (i % 2 == 0)
                    client.Close(timeout: 0); // RST
                else
                    client.Dispose();
            }
        }

        // All clients have disconnected, and a new client is served as before.
        await ServedAsync(server, Busy * 10);
        await _over.CancelAsync();
        await Task.WhenAll(clients).WaitAsync(ToolProcess.DefaultTimeout, TestContext.Current.CancellationToken);
        await EchoAsync(server, usesTls, times: 1, CancellationToken.None)
            .WaitAsync(ToolProcess.DefaultTimeout, TestContext.Current.CancellationToken);
        Assert.False(server.HasExited);
        Assert.Equal(0, await server.StopAsync());
    }

    /// <summary>Waits until this many more lines have come back.</summary>
    private async Task ServedAsync(ToolProcess server, int count)
    {
        var begun = TimeProvider.System.GetTimestamp();
        var until = Volatile.Read(ref _echoes) + count;
        while (Volatile.Read(ref _echoes) < until)
        {
            Assert.False(server.HasExited, "The server has ended.");
            Assert.True(
                TimeProvider.System.GetElapsedTime(begun) < ToolProcess.DefaultTimeout,
                $"{until - Volatile.Read(ref _echoes)} of {count} lines did not come back in time.");
            await Task.Yield();
        }
    }

    /// <summary>Sends one line after the other. A refused client connects again.</summary>
    private async Task EchoAsync(ToolProcess server, bool usesTls)
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                await EchoAsync(server, usesTls, times: 2000, _over.Token);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or TimeoutException)
            {
                await Task.Yield();
            }
        }
    }

    private async Task EchoAsync(ToolProcess server, bool usesTls, int times, CancellationToken over)
    {
        using var client = await Peer.ConnectAsync(server.EndPoint);
        await using var stream = await StreamAsync(client.Socket, usesTls, over);
        for (var i = 0; i < times; i++)
        {
            await stream.WriteAsync(Line, over);
            await stream.ReadExactlyAsync(new byte[Line.Length], over);
            Interlocked.Increment(ref _echoes);
        }
    }

    private static async Task<Stream> StreamAsync(Socket socket, bool usesTls, CancellationToken over)
    {
        var plain = new NetworkStream(socket);
        if (!usesTls)
            return plain;
        var secure = new SslStream(plain);
        var options = new SslClientAuthenticationOptions { TargetHost = "localhost" };
#pragma warning disable CA5359 // Other tests check the certificate.
        options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        await secure.AuthenticateAsClientAsync(options, over);
        return secure;
    }

    /// <summary>Connects all at once, without waiting for the end of a handshake.</summary>
    private static List<Socket> ConnectAll(IPEndPoint endpoint)
    {
        var all = new List<Socket>();
        for (var i = 0; i < Burst; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            all.Add(socket);
            try
            {
                socket.Connect(endpoint);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // The handshake continues by itself.
            }
        }

        return all;
    }
}
