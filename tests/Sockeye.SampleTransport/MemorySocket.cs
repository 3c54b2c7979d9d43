using System.Buffers;
using System.Net;
using Sockeye.Transports;

namespace Sockeye.SampleTransport;

/// <summary>One end of a connection: it reads one direction and writes the other.</summary>
internal sealed class MemorySocket : StreamSocket
{
    private readonly MemoryDirection _input;
    private readonly MemoryDirection _output;

    private MemorySocket(MemoryDirection input, MemoryDirection output, EndPoint local, EndPoint remote) =>
        (_input, _output, LocalEndPoint, RemoteEndPoint) = (input, output, local, remote);

    public override EndPoint? LocalEndPoint { get; }

    public override EndPoint? RemoteEndPoint { get; }

    public override bool IsReset => _input.IsReset || _output.IsReset;

    public static (MemorySocket Client, MemorySocket Server) CreatePair(EndPoint client, EndPoint server)
    {
        MemoryDirection up = new(), down = new();
        return (new(down, up, client, server), new(up, down, server, client));
    }

    /// <summary>What the peer has read counts as acknowledged.</summary>
    public override SystemProgress? GetSystemProgress() => _output.Progress;

    public override async ValueTask<bool> WaitForDataAsync()
    {
        await _input.WaitForDataAsync().ConfigureAwait(false);
        return true;
    }

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        await _input.WaitForDataAsync().ConfigureAwait(false);
        return _input.Read(buffer.Span);
    }

    public override async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        foreach (var segment in bytes)
            await _output.WriteAsync(segment).ConfigureAwait(false);
    }

    public override void ShutdownSend() => _output.Finish();

    public override void Close(bool reset)
    {
        _input.CloseReader();
        _output.CloseWriter(reset);
    }
}
