using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Tests.Support;

/// <summary>
/// Two connections joined in memory: what one writes the other reads, with back-pressure and half-close, and no kernel.
/// </summary>
internal sealed class MemoryConnection : TransportConnection
{
    private readonly Pipe _input;
    private readonly Pipe _output;
    private MemoryConnection _peer = null!;

    private MemoryConnection(Pipe input, Pipe output, EndPoint local, EndPoint remote)
    {
        (_input, _output) = (input, output);
        (LocalEndPoint, RemoteEndPoint) = (local, remote);
        Transport = new DuplexPipe(input.Reader, output.Writer);
    }

    public override MemoryPool<byte> MemoryPool => MemoryPool<byte>.Shared;

    public override long BytesReceived => 0;

    public override long BytesSent => 0;

    /// <summary>The clock of the connection, for a test that moves it.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    public override TimeProvider TimeProvider => Clock;

    public bool IsDisposed { get; private set; }

    /// <summary>A joined pair. Each direction holds <paramref name="capacity"/> bytes before its writer has to wait.</summary>
    public static (MemoryConnection Client, MemoryConnection Server) CreatePair(int capacity = 64 * 1024)
    {
        var options = new PipeOptions(
            pauseWriterThreshold: capacity, resumeWriterThreshold: capacity / 2, useSynchronizationContext: false);
        var (up, down) = (new Pipe(options), new Pipe(options));
        var clientAddress = new IPEndPoint(IPAddress.Loopback, 50_000);
        var serverAddress = new IPEndPoint(IPAddress.Loopback, 7000);
        var client = new MemoryConnection(down, up, clientAddress, serverAddress);
        var server = new MemoryConnection(up, down, serverAddress, clientAddress);
        (client._peer, server._peer) = (server, client);
        return (client, server);
    }

    public override void Abort(CloseReason reason)
    {
        SetCloseReason(reason);
        End(new ConnectionAbortedException(reason.Description));
        _peer.ResetByPeer();
    }

    public override void Close(CloseReason reason)
    {
        SetCloseReason(reason);
        _output.Writer.Complete();
        End(new ConnectionAbortedException(reason.Description));
    }

    public override async ValueTask DisposeAsync()
    {
        IsDisposed = true;
        SetCloseReason(CloseReason.LocalFin);
        await _output.Writer.CompleteAsync();
        await _input.Reader.CompleteAsync();
        SignalClosed();
    }

    private void ResetByPeer()
    {
        var reset = new ConnectionResetException("reset by peer");
        SetCloseReason(CloseReason.PeerReset(reset));
        End(reset);
    }

    private void End(Exception error)
    {
        _input.Writer.Complete(error);
        _output.Reader.Complete();
        SignalClosed();
    }
}
