using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Connections;

/// <summary>The driver of a connection over a socket whose calls the test completes.</summary>
public sealed class StreamConnectionTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Handler_that_has_run_is_not_run_again_when_the_next_wait_fails()
    {
        var socket = new ScriptedSocket();
        var scheduler = new CountingScheduler();
        var connection = new StreamConnection(socket, new() { HandlerScheduler = scheduler });
        connection.Start();
        var (reads, errors) = (0, 0);
        var handler = ReadAsync();

        socket.Arrive("x"); // Everything that follows from it happens within the call.
        Assert.Equal(1, reads);
        socket.Fail(SocketError.ConnectionReset);
        await handler.Within();

        await connection.DisposeAsync();
        // One run for the bytes, and one for the error.
        Assert.Equal((1, 1, 2), (reads, errors, scheduler.Count));

        async Task ReadAsync()
        {
            try
            {
                while (true)
                {
                    var read = await connection.Transport.Input.ReadAsync(Cancelled).ConfigureAwait(false);
                    reads++;
                    connection.Transport.Input.AdvanceTo(read.Buffer.End);
                }
            }
            catch (ConnectionResetException)
            {
                errors++;
            }
        }
    }

    /// <summary>Runs each handler within the call.</summary>
    private sealed class CountingScheduler : PipeScheduler
    {
        public int Count { get; private set; }

        public override void Schedule(Action<object?> action, object? state)
        {
            Count++;
            action(state);
        }
    }

    private sealed class ScriptedSocket : StreamSocket
    {
        private TaskCompletionSource<bool> _waiting = new();
        private string _arrived = "";

        public override EndPoint? LocalEndPoint => null;

        public override EndPoint? RemoteEndPoint => null;

        public override bool IsReset => false;

        public void Arrive(string text)
        {
            _arrived = text;
            var waiting = _waiting;
            _waiting = new();
            waiting.SetResult(true);
        }

        public void Fail(SocketError error) => _waiting.SetException(new SocketException((int)error));

        public override SystemProgress? GetSystemProgress() => null;

        public override ValueTask<bool> WaitForDataAsync() => new(_waiting.Task);

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) =>
            new(System.Text.Encoding.UTF8.GetBytes(_arrived, buffer.Span));

        public override ValueTask SendAsync(ReadOnlySequence<byte> bytes) => default;

        public override void ShutdownSend()
        {
        }

        public override void Close(bool reset) =>
            _waiting.TrySetException(new SocketException((int)SocketError.OperationAborted));
    }
}
